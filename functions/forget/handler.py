"""Takes a person's rows out of everything that is stored of a model, as far as one call gets."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3_files import S3Files
from perennial.adapters.s3_versions import S3Versions
from perennial.data.light_arrow import lighten
from perennial.forgetting.call import Ports, forget
from perennial.observability import count, logger, observed
from perennial.privacy.deployed import pseudonyms
from perennial.registry.clock import now
from perennial.settings import Settings

lighten()

_RESERVE = 120_000  # milliseconds for the object that is worked on when time runs out


@cache
def stores() -> tuple[S3Files, S3Versions, DynamoRegistry]:
    """Files, their versions and the registry, once per process."""
    return S3Files(), S3Versions(), DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Go on; the state for the next call, or what came of it."""
    settings = Settings()
    files, store, registry = stores()
    ports = Ports(
        files,
        store,
        registry,
        pseudonyms(),
        settings.data_bucket,
        now,
        lambda: context.get_remaining_time_in_millis() < _RESERVE,
    )
    state = forget(event, settings.specs.spec_of(event["model"]), ports)
    if state["done"]:
        result = state["result"]
        logger.info(
            "person forgotten" if not result["dry_run"] else "person looked for",
            extra={"request": result["request_id"], "complete": result["complete"]},
        )
        count("PersonsForgotten", 0 if result["dry_run"] else 1, model=event["model"])
    return state
