"""Proves a route: the golden rows of the champion, asked of the live endpoint."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.lambda_functions import LambdaFunction
from perennial.adapters.s3 import S3ObjectStore
from perennial.observability import count, logger, observed
from perennial.registry.clock import now
from perennial.serving.proof import prove
from perennial.settings import Settings


@cache
def ports() -> tuple[LambdaFunction, S3ObjectStore, DynamoRegistry]:
    """The live predict function, the object store and the registry, once per process."""
    settings = Settings()
    predict = LambdaFunction(settings.predict_function, settings.predict_alias)
    return predict, S3ObjectStore(), DynamoRegistry(settings.table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Ask, write down what came of it, and count what was wrong."""
    predict, store, registry = ports()
    proof = prove(event["model"], predict=predict, store=store, registry=registry, clock=now)
    count("GoldenMismatch", 0 if proof.proven else 1, model=proof.model)
    level = logger.info if proof.proven else logger.error
    level("route proven" if proof.proven else "route not proven", extra=asdict(proof))
    return {**asdict(proof), "proven": proof.proven}
