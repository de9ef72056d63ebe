"""The door to file scoring: an upload below `score/` starts the workflow, once per version."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.stepfunctions import StepFunctionsWorkflow
from perennial.errors import MissingSetting
from perennial.observability import about, count, logger, observed
from perennial.registry.intake import run_id_of
from perennial.registry.layout import scored_model
from perennial.registry.records import SourceObject
from perennial.scoring.request import Request
from perennial.settings import Settings


@cache
def workflow() -> StepFunctionsWorkflow:
    """The workflow, once per process."""
    return StepFunctionsWorkflow(Settings().state_machine)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Start the scoring of an uploaded file; results beside other files start nothing."""
    request = _uploaded(event["detail"])
    if request is None:
        return {"outcome": "IGNORED"}
    about(model=request.model, run_id=request.run_id)
    execution = workflow().start(request.run_id, request.to_json())
    logger.info("scoring started")
    count("FilesSubmitted")
    return {"outcome": "STARTED", "run_id": request.run_id, "execution_arn": execution}


def _uploaded(detail: dict[str, Any]) -> Request | None:
    """The request in an "Object Created" event of EventBridge, where keys are not URL-encoded."""
    stored, bucket = detail["object"], detail["bucket"]["name"]
    model = scored_model(stored["key"])
    if model is None:
        return None
    if "version-id" not in stored:
        raise MissingSetting(f"the bucket {bucket} keeps no versions; a run is of one version")
    source = SourceObject(
        bucket, stored["key"], stored["version-id"], stored["etag"], int(stored["size"])
    )
    return Request(model, run_id_of(source), source)
