"""Writes the model card of a version, once it is registered and again when it is decided on."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.card.build import Known, make_card
from perennial.card.publish import publish
from perennial.data.light_arrow import lighten
from perennial.errors import UnknownVersion
from perennial.observability import logger, observed
from perennial.registry.records import Version
from perennial.settings import Settings
from perennial.spec.approval import Method

lighten()


@cache
def ports() -> tuple[S3ObjectStore, DynamoRegistry]:
    """The object store and the registry, once per process."""
    return S3ObjectStore(), DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Read what the run has left, look at the held-out rows once more, write the card."""
    store, registry = ports()
    model, run_uri = event["model"], event["run_uri"]
    run = registry.run(model, event["run_id"])
    if run is None or run.version is None:
        raise UnknownVersion("the run has registered no version to write a card of")
    version = registry.version(model, run.version)
    if version is None:
        raise UnknownVersion(f"{model} has no version {run.version}")
    known = Known(version, run, registry.approval(model, version.number), _needed(version))
    card = make_card(run_uri, known, store)
    uri = publish(card, run_uri, store)
    logger.info("card written", extra={"version": version.number, "caveats": len(card.caveats)})
    return {"card_uri": uri, "caveats": len(card.caveats)}


def _needed(version: Version) -> bool:
    """Whether a person has to let the version into service, as the spec deployed now says."""
    return Settings().specs.spec_of(version.model).approval.method is Method.MANUAL
