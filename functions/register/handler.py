"""Registers the candidate of a run as a version of its model."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.errors import ArtifactError, ExportMismatch, NotPortable
from perennial.observability import count, log_error, logger, observed
from perennial.portable.publication import publish
from perennial.registry import layout
from perennial.registry.clock import now
from perennial.registry.records import Version
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
    _publish(version, event["run_uri"], store)
    return {
        "version": version.number,
        "artifact_digest": version.artifact_digest,
        "artifact_uri": version.artifact_uri,
    }


def _publish(version: Version, run_uri: str, store: S3ObjectStore) -> None:
    """Write the version in MLflow's layout; one that cannot be so serves all the same."""
    try:
        publish(version, run_uri + layout.CANDIDATE, store)
    except (ArtifactError, ExportMismatch, NotPortable) as error:
        log_error("version not written in MLflow's layout", error)
        count("MlflowLayoutsMissing", model=version.model)
