"""Acts on the alarms of a model: retrains it, takes a version back, or stops and says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from perennial.adapters.alarms import CloudWatchAlarms
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3_files import S3Files
from perennial.adapters.sns import SnsTopic
from perennial.adapters.stepfunctions import StepFunctionsWorkflow
from perennial.automation.decisions import Decision, Notice, Retrain, RollBack
from perennial.automation.ends import Ended, conclude, give_up, note_run, tell_of_rollout
from perennial.automation.kinds import model_of
from perennial.automation.newest import NewestReports
from perennial.automation.ports import Ports
from perennial.automation.reconcile import react
from perennial.observability import about, count, logger, observed
from perennial.registry.clock import now
from perennial.settings import Settings
from perennial.spec import ModelSpec


@cache
def ports() -> Ports:
    """The outside, once per process."""
    settings = Settings()
    return Ports(
        registry=DynamoRegistry(settings.table),
        alarms=CloudWatchAlarms(),
        reports=NewestReports(S3Files(), settings.data_bucket),
        retraining=StepFunctionsWorkflow(settings.retraining_machine),
        rollback=StepFunctionsWorkflow(settings.rollback_machine),
        rollout=StepFunctionsWorkflow(settings.rollout_machine),
        second_look=StepFunctionsWorkflow(settings.second_look_machine),
        topic=SnsTopic(settings.alarm_topic),
        clock=now,
        prefix=settings.prefix,
    )


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Do what there is to do about the model an event is about; answers with what was done."""
    ended = _ended(event["detail"]) if event.get("source") == "aws.states" else None
    model = _model(event, ended)
    specs = Settings().specs
    if model is None or model not in specs.models():
        logger.info("about no model that is deployed")
        return {"model": model, "actions": []}
    about(model=model, run_id=None)
    spec, outside = specs.spec_of(model), ports()
    before = outside.registry.automation(model).halted
    _hear(event, ended, spec, outside)
    decisions = react(model, spec, outside, settled=int(event.get("settled") or 0))
    _count(model, decisions)
    if outside.registry.automation(model).halted and not before:
        logger.warning("automation has stopped")
        count("ActionsHalted", model=model)
    return {"model": model, "actions": [type(each).__name__ for each in decisions]}


def _hear(event: dict[str, Any], ended: Ended | None, spec: ModelSpec, outside: Ports) -> None:
    """Take in what an event says beside whose it is."""
    model = spec.name
    if ended is not None:
        conclude(model, ended, spec, outside)
    elif event.get("notice"):
        tell_of_rollout(model, Notice(**event["notice"]), outside)
    elif "run_id" in event:
        note_run(model, event["retraining_id"], event["run_id"], outside)
    elif "retraining_id" in event:
        give_up(model, event["retraining_id"], event["error"], event["cause"], spec, outside)


def _model(event: dict[str, Any], ended: Ended | None) -> str | None:
    """Whose alarm went on or off, whose workflow ended, or who was asked about."""
    if ended is not None:
        return str(ended.told.get("model"))
    if "detail" in event:
        settings = Settings()
        return model_of(event["detail"]["alarmName"], settings.prefix, settings.specs.models())
    return str(event["model"])


def _ended(detail: dict[str, Any]) -> Ended:
    """An "Execution Status Change" event.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    machine = detail["stateMachineArn"].rpartition(":")[2]
    return Ended(
        workflow=machine.removeprefix(f"{Settings().prefix}-"),
        name=detail["name"],
        status=detail["status"],
        told=_input(detail.get("input") or "{}"),
        why=": ".join(text for text in (detail.get("error"), detail.get("cause")) if text),
    )


def _input(text: str) -> dict[str, Any]:
    """What an execution was started with; nothing where a person started it with something odd."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _count(model: str, decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        logger.info("acted", decision=type(decision).__name__)
        if isinstance(decision, Retrain):
            count("Retrainings", model=model)
        if isinstance(decision, RollBack):
            count("Rollbacks", model=model)
