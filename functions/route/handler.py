"""Brings a registered version into service: at once, or by a rollout that begins here."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.stepfunctions import StepFunctionsWorkflow
from perennial.approval.asking import ask, may_serve, seconds_left
from perennial.observability import logger, observed
from perennial.registry.clock import now
from perennial.rollout.beginning import introduce
from perennial.settings import Settings


@cache
def ports() -> tuple[DynamoRegistry, StepFunctionsWorkflow]:
    """The registry and the workflow of rollouts, once per process."""
    settings = Settings()
    return DynamoRegistry(settings.table), StepFunctionsWorkflow(settings.state_machine)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Put `version` of `model` on its way; answers with the route, and its rollout if any.

    One that needs an approval and has none stays out: people are asked, and `waits` says how long.
    """
    registry, workflow = ports()
    model, number = event["model"], int(event["version"])
    spec = Settings().specs.spec_of(model)
    if not may_serve(model, number, spec.approval, registry):
        approval = ask(model, number, spec.approval, registry=registry, clock=now)
        logger.info("version waits", extra={"version": number, "status": approval.status.value})
        return {"version": number, "waits": seconds_left(approval, now())}
    introduced = introduce(
        model,
        number,
        spec.rollout,
        by=event.get("by", "workflow"),
        reason=event.get("reason") or f"run {event['run_id']} passed its gates",
        registry=registry,
        workflow=workflow,
        clock=now,
    )
    route, rollout = introduced.route, introduced.rollout
    answer: dict[str, Any] = {"revision": route.revision, "champion": route.champion.number}
    if rollout is not None:
        answer |= {"rollout_id": rollout.rollout_id, "rollout": rollout.status.value}
    logger.info("version introduced", extra=answer)
    return answer
