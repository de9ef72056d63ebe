"""Takes the truth about predictions: `POST /v1/models/{model}/outcomes`, into a queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.adapters.sqs import SqsQueue
from perennial.observability import count, log_error, observed
from perennial.outcomes.endpoint import Door, respond
from perennial.outcomes.labels import KnownLabels
from perennial.outcomes.taking import Taken
from perennial.serving.cross_origin import answered
from perennial.settings import Settings


@cache
def door() -> Door:
    """What is needed to take outcomes, once per process."""
    settings = Settings()
    return Door(
        specs=settings.specs,
        classes=KnownLabels(DynamoRegistry(settings.table), S3ObjectStore(), _log_unreadable),
        queue=SqsQueue(settings.outcomes_queue),
        clock=lambda: datetime.now(UTC),
        counted=_count,
        log_failure=_log_failure,
    )


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    return answered(event, Settings().cors_origins, _answer)


def _answer(event: Mapping[str, object]) -> dict[str, object]:
    return respond(event, door())


def _count(model: str, taken: Taken) -> None:
    count("OutcomesTaken", len(taken.outcomes), model=model)
    for name, many in (("OutcomesRefused", len(taken.refused)), ("OutcomesNewLabel", taken.new)):
        if many:
            count(name, many, model=model)


def _log_failure(error: Exception) -> None:
    log_error("request failed", error)


def _log_unreadable(error: Exception) -> None:
    log_error("the artifact in service cannot be read", error)
