"""Gathers what a model is trained on anew: what was predicted, and what came true of it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from perennial.adapters.s3_files import S3Files
from perennial.data.light_arrow import lighten
from perennial.observability import logger, observed
from perennial.outcomes.retraining import training_file
from perennial.settings import Settings

lighten()


@cache
def files() -> S3Files:
    """The store of files, once per process."""
    return S3Files()


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Leave the training file of a retraining in the data bucket, and say where it is."""
    settings = Settings()
    spec = settings.specs.spec_of(event["model"])
    found = training_file(
        files(), settings.data_bucket, spec, event["retraining_id"], lambda: datetime.now(UTC)
    )
    logger.info("training data gathered", rows=found.rows, key=found.source.key)
    return found.document()
