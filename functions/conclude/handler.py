"""Ends a run, called by the workflow as its last step or by EventBridge when it was cut off."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.adapters.stepfunctions import StepFunctionsWorkflow
from perennial.errors import RequestError
from perennial.observability import about, count, logger, measure_seconds, observed
from perennial.registry.clock import now
from perennial.registry.conclusion import Conclusion, conclude
from perennial.registry.records import RunStatus
from perennial.registry.refusal import refusal
from perennial.settings import Settings


@cache
def ports() -> tuple[DynamoRegistry, StepFunctionsWorkflow]:
    """The registry and the workflow, once per process."""
    settings = Settings()
    return DynamoRegistry(settings.table), StepFunctionsWorkflow(settings.state_machine)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Set the final status, free the training slot, start the next run."""
    registry, workflow = ports()
    conclusion = _cut_off(event["detail"]) if "detail" in event else _told(event)
    about(model=conclusion.model, run_id=conclusion.run_id)
    concluded = conclude(conclusion, registry, workflow, now)
    if concluded.run is None:
        logger.error("the run that ended is not in the registry")
        return {"status": None, "started": None}
    if concluded.news:
        status = concluded.run.status.value
        logger.info("run ended", extra={"status": status})
        count("RunsEnded", model=conclusion.model, status=status)
        for step, seconds in conclusion.seconds.items():
            measure_seconds("StepSeconds", seconds, model=conclusion.model, step=step)
    return {
        "status": concluded.run.status.value,
        "started": concluded.started.run_id if concluded.started else None,
    }


def _told(event: dict[str, Any]) -> Conclusion:
    """What the workflow itself says at its end."""
    return Conclusion(
        model=event["model"],
        run_id=event["run_id"],
        status=RunStatus(event["status"]),
        reason=_reason(event),
        seconds=event.get("seconds") or {},
        metrics=event.get("metrics") or {},
        usage=event.get("usage") or {},
    )


def _reason(event: dict[str, Any]) -> str:
    """Why it ended so; the training container says it better than the status of its job."""
    said = refusal(event["run_uri"], S3ObjectStore()) if event.get("run_uri") else None
    return f"TrainModel: {said}" if said else event.get("reason") or ""


def _cut_off(detail: dict[str, Any]) -> Conclusion:
    """An "Execution Status Change" event: the workflow failed, timed out or was aborted.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    if not detail.get("input"):
        raise RequestError("the event came without its input, so it does not say which run ended")
    execution = json.loads(detail["input"])
    said = ": ".join(text for text in (detail.get("error"), detail.get("cause")) if text)
    return Conclusion(
        model=execution["model"],
        run_id=execution["run_id"],
        status=RunStatus.FAILED,
        reason=f"the workflow ended {detail['status']}" + (f": {said}" if said else ""),
    )
