"""Holds a version until people have decided: asks them, and looks up what they said."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.sns import SnsTopic
from perennial.adapters.waiting import resume_waiting
from perennial.approval import notices
from perennial.approval.asking import ask, seconds_left, settle, supersede
from perennial.observability import count, logger, observed
from perennial.registry.clock import now
from perennial.registry.records import Approval, ApprovalStatus
from perennial.registry.routing import registered
from perennial.settings import Settings

Answer = dict[str, Any]


@cache
def ports() -> tuple[DynamoRegistry, SnsTopic]:
    """The registry and the topic that people listen to, once per process."""
    settings = Settings()
    return DynamoRegistry(settings.table), SnsTopic(settings.alarm_topic)


@observed
def handler(event: Answer, _context: object) -> Answer:
    """Do one of three things for `version` of `model`: `ask`, `settle` or `tell`."""
    model, number = event["model"], int(event["version"])
    match event["step"]:
        case "ask":
            return _ask(model, number, event["token"])
        case "settle":
            return _settle(model, number)
        case "tell":
            return _tell(model, number, event)
        case other:
            raise ValueError(f"there is no step {other!r}")


def _ask(model: str, number: int, token: str) -> Answer:
    """Keep the token by which the workflow waits, and tell people; again, should it be repeated."""
    registry, topic = ports()
    rules = Settings().specs.spec_of(model).approval
    approval = ask(model, number, rules, registry=registry, clock=now)
    registry.keep_token(model, number, token)
    supersede(approval, registry=registry, clock=now, resume=resume_waiting)
    if approval.status is not ApprovalStatus.PENDING:
        resume_waiting(token)  # somebody was faster than the workflow
        return _answer(approval)
    version = registered(model, number, registry)
    told = notices.asked(approval, version)
    topic.publish(told.subject, told.text)
    logger.info("approval asked for", extra={"version": number, "until": approval.expires_at})
    count("ApprovalsAsked", model=model)
    return _answer(approval)


def _settle(model: str, number: int) -> Answer:
    registry, topic = ports()
    deployed = model in Settings().specs.models()
    approval = settle(model, number, registry=registry, clock=now, deployed=deployed)
    if approval.status is not ApprovalStatus.PENDING:
        told = notices.ended(approval)
        topic.publish(told.subject, told.text)
        logger.info("approval settled", extra={"version": number, "status": approval.status.value})
        count("ApprovalsSettled", model=model, status=approval.status.value)
    return _answer(approval)


def _tell(model: str, number: int, event: Mapping[str, Any]) -> Answer:
    registry, topic = ports()
    approval = registry.approval(model, number)
    if approval is None:
        raise LookupError(f"nobody was asked about version {number} of {model}")
    told = notices.not_served(approval, str(event.get("reason") or "unknown"))
    topic.publish(told.subject, told.text)
    return _answer(approval)


def _answer(approval: Approval) -> Answer:
    """How it stands, for the workflow."""
    reason = f"approved by {approval.decided_by}: {approval.reason}"
    return {
        "model": approval.model,
        "version": approval.version,
        "status": approval.status.value,
        "by": approval.decided_by,
        "reason": reason,
        "seconds": seconds_left(approval, now()),
    }
