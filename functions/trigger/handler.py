"""The one door to training: an upload, or a request of a workflow, becomes a run."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.stepfunctions import StepFunctionsWorkflow
from perennial.errors import UnknownModel
from perennial.observability import about, count, logger, observed
from perennial.registry.clock import now
from perennial.registry.intake import TrainingRequest, accept
from perennial.registry.records import SourceObject
from perennial.registry.uploads import announced, notified
from perennial.settings import Settings

Answer = dict[str, Any]


@cache
def ports() -> tuple[DynamoRegistry, StepFunctionsWorkflow]:
    """The registry and the workflow, once per process."""
    settings = Settings()
    return DynamoRegistry(settings.table), StepFunctionsWorkflow(settings.state_machine)


@observed
def handler(event: Answer, _context: object) -> Answer:
    """Start or queue a run; answers with the run, or with why there is none."""
    if "Records" in event:
        requests = [each for record in event["Records"] for each in notified(record["body"])]
        answers = [_uploaded(request) for request in requests]
        return answers[0] if len(answers) == 1 else {"outcome": "TAKEN", "uploads": answers}
    if "detail" in event:
        return _uploaded(announced(event["detail"]))
    return _accepted(_asked(event))


def _uploaded(request: TrainingRequest | None) -> Answer:
    if request is None:
        logger.info("not an upload to a model")
        return {"outcome": "IGNORED"}
    try:
        return _accepted(request)
    except UnknownModel as error:
        count("UnknownModelUpload")
        logger.warning("upload to a model that is not deployed", extra={"key": request.source.key})
        return {"outcome": "UNKNOWN_MODEL", "reason": str(error)}


def _accepted(request: TrainingRequest) -> Answer:
    registry, workflow = ports()
    accepted = accept(request, Settings().specs.models(), registry, workflow, now)
    about(model=accepted.run.model, run_id=accepted.run.run_id)
    logger.info("run accepted" if accepted.new else "run known already")
    if accepted.new:
        count("RunsAccepted", model=accepted.run.model)
    return {
        "outcome": "ACCEPTED" if accepted.new else "KNOWN",
        "run_id": accepted.run.run_id,
        "status": accepted.run.status.value,
    }


def _asked(event: Answer) -> TrainingRequest:
    """The request in a direct call: `model`, `source`, and optionally `trigger` and `by`.

    Only IAM says who may call; so `by` proves nothing of a person (`perennial.approval.identity`).
    """
    source = SourceObject(**event["source"])
    trigger, by = event.get("trigger", "api"), event.get("by", "api")
    return TrainingRequest(event["model"], source, trigger, by)
