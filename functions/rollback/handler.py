"""Takes the version in service back."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.observability import logger, observed
from perennial.registry.clock import now
from perennial.registry.routing import roll_back
from perennial.settings import Settings


@cache
def registry() -> DynamoRegistry:
    """The registry, once per process."""
    return DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Put the last good version in the place of `from_version`.

    Where that is the champion no longer, nothing changes.
    """
    route = roll_back(
        event["model"],
        int(event["from_version"]),
        by=event["by"],
        reason=event["reason"],
        registry=registry(),
        clock=now,
    )
    served = route.champion.number
    logger.info("route in force", extra={"revision": route.revision, "champion": served})
    return {"model": route.model, "revision": route.revision, "champion": served}
