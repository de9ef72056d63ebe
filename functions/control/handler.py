"""What operators change: routes, rollbacks, rollouts, automation, approvals; whom to forget."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.stepfunctions import StepFunctionsWorkflow
from perennial.adapters.waiting import resume_waiting
from perennial.approval.operation import deciding, guarding
from perennial.automation.resume import resume
from perennial.forgetting.operation import forgetting
from perennial.observability import log_error, observed
from perennial.privacy.deployed import pseudonyms
from perennial.registry.clock import now
from perennial.rollout.intervention import Action, intervene
from perennial.serving.approvals import PATH as APPROVAL
from perennial.serving.control import (
    AUTOMATION,
    FORGET,
    ROLLBACK,
    ROLLOUT,
    ROLLOUT_ACTIONS,
    ROUTE,
    Operation,
    Wish,
    respond,
)
from perennial.serving.cross_origin import answered
from perennial.serving.operations import setting_a_route, taking_back
from perennial.settings import Settings
from perennial.spec.approval import Approval as Rules


@cache
def registry() -> DynamoRegistry:
    """The registry, once per process."""
    return DynamoRegistry(Settings().table)


@cache
def operations() -> Mapping[str, Operation]:
    """What there is to change, once per process."""
    rollbacks = StepFunctionsWorkflow(Settings().rollback_machine)
    check = guarding(_rules_of, registry())
    return {
        ROUTE: setting_a_route(registry(), now, check),
        ROLLBACK: taking_back(registry(), rollbacks, now, _log_failure, check),
        ROLLOUT: _change_rollout,
        AUTOMATION: _resume,
        FORGET: forgetting(
            Settings().specs.spec_of,
            pseudonyms,
            lambda: StepFunctionsWorkflow(Settings().forget_machine),
            now,
        ),
        APPROVAL: deciding(_rules_of, registry(), now, resume_waiting),
    }


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    return answered(event, Settings().cors_origins, _answer)


def _answer(event: Mapping[str, object]) -> dict[str, object]:
    models = Settings().specs.models()
    return respond(event, models=models, operations=operations(), log_failure=_log_failure)


def _change_rollout(wish: Wish) -> Mapping[str, object]:
    rollout = intervene(
        wish.model,
        Action(wish.choice("action", ROLLOUT_ACTIONS)),
        _rules_of(wish.model),
        seen=wish.number_if_any("step"),
        by=wish.by,
        reason=wish.reason,
        registry=registry(),
        workflow=StepFunctionsWorkflow(Settings().rollout_machine),
        clock=now,
    )
    return {
        "model": rollout.model,
        "rollout_id": rollout.rollout_id,
        "version": rollout.version,
        "status": rollout.status.value,
        "step": rollout.step,
        "reason": rollout.reason,
    }


def _rules_of(model: str) -> Rules:
    return Settings().specs.spec_of(model).approval


def _resume(wish: Wish) -> Mapping[str, object]:
    wish.choice("action", ("resume",))
    record = resume(wish.model, by=wish.by, reason=wish.reason, registry=registry(), clock=now)
    return {"model": record.model, "halted": bool(record.halted)}


def _log_failure(error: Exception) -> None:
    log_error("request failed", error)
