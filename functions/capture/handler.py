"""Writes what the predict function has sent about its answers to S3, a batch at a time."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.queue_batches import work_off
from perennial.adapters.s3 import S3ObjectStore
from perennial.capture.batch import Batch
from perennial.observability import observed
from perennial.settings import Settings


@cache
def store() -> S3ObjectStore:
    """The object store, once per process."""
    return S3ObjectStore()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer with the messages to deliver again; the rest of the batch is done."""
    settings = Settings()
    batch = Batch(settings.specs.spec_of, store(), settings.data_bucket)
    return work_off(event, context, batch, "PredictionsCaptured")
