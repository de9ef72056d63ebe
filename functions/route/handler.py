"""Puts a registered version in service."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.observability import logger, observed
from perennial.registry.clock import now
from perennial.registry.routing import put_in_service
from perennial.settings import Settings


@cache
def registry() -> DynamoRegistry:
    """The registry, once per process."""
    return DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Make `version` of `model` the champion, unless a newer one is; answers with the route."""
    version = int(event["version"])
    reason = event.get("reason") or f"run {event['run_id']} passed its gates"
    route = put_in_service(
        event["model"],
        version,
        by=event.get("by", "workflow"),
        reason=reason,
        registry=registry(),
        clock=now,
    )
    served = route.champion.number
    logger.info("route in force", extra={"revision": route.revision, "champion": served})
    return {"revision": route.revision, "champion": served}
