"""The one door to training: an upload, or a request of the API, becomes a run."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.stepfunctions import StepFunctionsWorkflow
from perennial.errors import MissingSetting, UnknownModel
from perennial.observability import about, count, logger, observed
from perennial.registry.clock import now
from perennial.registry.intake import TrainingRequest, accept
from perennial.registry.layout import incoming_model
from perennial.registry.records import SourceObject
from perennial.settings import Settings


@cache
def ports() -> tuple[DynamoRegistry, StepFunctionsWorkflow]:
    """The registry and the workflow, once per process."""
    settings = Settings()
    return DynamoRegistry(settings.table), StepFunctionsWorkflow(settings.state_machine)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Start or queue a run; answers with the run, or with why there is none."""
    uploaded = "detail" in event
    request = _uploaded(event["detail"]) if uploaded else _asked(event)
    if request is None:
        logger.info("not an upload to a model")
        return {"outcome": "IGNORED"}
    try:
        registry, workflow = ports()
        accepted = accept(request, Settings().specs.models(), registry, workflow, now)
    except UnknownModel as error:
        if not uploaded:
            raise
        count("UnknownModelUpload")
        logger.warning("upload to a model that is not deployed", extra={"key": request.source.key})
        return {"outcome": "UNKNOWN_MODEL", "reason": str(error)}
    about(model=accepted.run.model, run_id=accepted.run.run_id)
    logger.info("run accepted" if accepted.new else "run known already")
    if accepted.new:
        count("RunsAccepted", model=accepted.run.model)
    return {
        "outcome": "ACCEPTED" if accepted.new else "KNOWN",
        "run_id": accepted.run.run_id,
        "status": accepted.run.status.value,
    }


def _uploaded(detail: dict[str, Any]) -> TrainingRequest | None:
    """The request in an "Object Created" event of EventBridge, where keys are not URL-encoded.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    stored = detail["object"]
    model = incoming_model(stored["key"])
    if model is None:
        return None
    bucket = detail["bucket"]["name"]
    if "version-id" not in stored:
        raise MissingSetting(f"the bucket {bucket} keeps no versions; a run is of one version")
    source = SourceObject(
        bucket=bucket,
        key=stored["key"],
        version_id=stored["version-id"],
        etag=stored["etag"],
        size=int(stored["size"]),
    )
    return TrainingRequest(model, source, "upload", detail.get("requester", "s3"))


def _asked(event: dict[str, Any]) -> TrainingRequest:
    """The request in a direct call: `model`, `source`, and optionally `trigger` and `by`."""
    source = SourceObject(**event["source"])
    trigger, by = event.get("trigger", "api"), event.get("by", "api")
    return TrainingRequest(event["model"], source, trigger, by)
