"""Tells of a run that has ended where people compare runs; nothing of the run depends on it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.mlflow_server import MlflowServer, authorization_of
from perennial.adapters.s3 import S3ObjectStore
from perennial.errors import RequestError
from perennial.observability import about, count, log_error, logger, observed
from perennial.portable.tracking import gather, keep, tell
from perennial.registry.tracked import TrackedRun
from perennial.settings import Settings


@cache
def ports() -> tuple[S3ObjectStore, DynamoRegistry]:
    """The object store and the registry, once per process."""
    return S3ObjectStore(), DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write the run of an execution that ended in MLflow's file layout, and to its server."""
    execution = _input(event["detail"])
    about(model=execution["model"], run_id=execution["run_id"])
    settings, (store, registry) = Settings(), ports()
    bucket = settings.data_bucket
    run = gather(execution["model"], execution["run_id"], bucket, store, registry)
    keep(run, bucket, store)
    told = _tell(run, settings) if settings.mlflow_tracking_uri else None
    logger.info("run tracked", extra={"server_run_id": told})
    return {"run_id": run.run_id, "server_run_id": told}


def _tell(run: TrackedRun, settings: Settings) -> str | None:
    """The server's id of the run; whatever is wrong with the server is logged and counted."""
    try:
        secret = settings.mlflow_tracking_secret
        authorization = authorization_of(secret) if secret else ""
        return tell(run, MlflowServer(settings.mlflow_tracking_uri, authorization))
    except Exception as error:
        log_error("run not told to the MLflow tracking server", error)
        count("TrackingFailed", model=run.experiment)
        return None


def _input(detail: dict[str, Any]) -> dict[str, Any]:
    if not detail.get("input"):
        raise RequestError("the event came without its input, so it does not say which run ended")
    return dict(json.loads(detail["input"]))
