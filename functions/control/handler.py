"""`PUT /v1/models/{model}/route`: puts the version in service that an operator names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.observability import logger, observed
from perennial.registry.clock import now
from perennial.serving.control import respond
from perennial.serving.cross_origin import answered
from perennial.settings import Settings


@cache
def registry() -> DynamoRegistry:
    """The registry, once per process."""
    return DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    return answered(event, Settings().cors_origins, _answer)


def _answer(event: Mapping[str, object]) -> dict[str, object]:
    return respond(
        event,
        models=Settings().specs.models(),
        registry=registry(),
        clock=now,
        log_failure=_log_failure,
    )


def _log_failure(error: Exception) -> None:
    logger.error("request failed", exc_info=error)
