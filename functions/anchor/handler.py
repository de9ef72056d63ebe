"""Writes the head of every model's history down outside of the registry, again and again."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.observability import logger, observed
from perennial.provenance.anchors import anchor
from perennial.registry.clock import now
from perennial.settings import Settings


@cache
def ports() -> tuple[DynamoRegistry, S3ObjectStore]:
    """The registry and the object store, once per process."""
    return DynamoRegistry(Settings().table), S3ObjectStore()


@observed
def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Anchor the histories of all deployed models; answers with the sequence of each head."""
    settings = Settings()
    registry, store = ports()
    heads = {
        model: anchor(model, registry, store, settings.heads_bucket, now).sequence
        for model in settings.specs.models()
    }
    logger.info("histories anchored", extra={"models": len(heads)})
    return {"heads": heads}
