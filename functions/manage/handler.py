"""What is deployed and how to call it: `GET /v1/models`, one of them, `/openapi.json`, `/docs`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.observability import log_error, observed
from perennial.serving.catalogue import Catalogue
from perennial.serving.cross_origin import answered
from perennial.serving.learned import LearnedFrom
from perennial.serving.manage import respond
from perennial.settings import Settings


@cache
def catalogue() -> Catalogue:
    """The models of this deployment, once per process."""
    settings = Settings()
    learned_from = LearnedFrom(S3ObjectStore(), _log_unreadable)
    return Catalogue(settings.specs, DynamoRegistry(settings.table), learned_from)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    return answered(event, Settings().cors_origins, _answer)


def _answer(event: Mapping[str, object]) -> dict[str, object]:
    return respond(event, catalogue(), _log_failure, Settings().auth)


def _log_failure(error: Exception) -> None:
    log_error("request failed", error)


def _log_unreadable(error: Exception) -> None:
    log_error("the artifact in service cannot be read", error)
