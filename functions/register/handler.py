"""Registers the candidate of a run as a version of its model."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.observability import logger, observed
from perennial.registry.clock import now
from perennial.registry.registration import register
from perennial.settings import Settings


@cache
def ports() -> tuple[S3ObjectStore, DynamoRegistry]:
    """The object store and the registry, once per process."""
    return S3ObjectStore(), DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Keep the artifact under its digest and write version, run and event together."""
    store, registry = ports()
    version = register(
        event["run_uri"],
        Settings().artifact_bucket,
        by=event.get("by", "workflow"),
        store=store,
        registry=registry,
        clock=now,
    )
    logger.info("version registered", extra={"version": version.number})
    return {
        "version": version.number,
        "artifact_digest": version.artifact_digest,
        "artifact_uri": version.artifact_uri,
    }
