"""Doing what was decided. Each deed may be repeated without harm."""

from __future__ import annotations

from perennial.automation.decisions import EndRollout, Pending, Retrain, RollBack
from perennial.automation.ports import Ports
from perennial.automation.records import BY
from perennial.automation.situation import SETTLING_SLOWLY
from perennial.registry.records import RolloutStatus, Route
from perennial.registry.staging import end_rollout


def carry_out(model: str, pending: Pending, ports: Ports) -> None:
    """Do what was decided, then tell people.

    A person may be told twice when a call dies between telling and writing that down, and never
    not at all.

    Raises:
        Unavailable: a service does not answer.
        Conflict: others kept changing the route.
    """
    match pending.decision:
        case Retrain() as retrain:
            _retrain(model, retrain, ports)
        case RollBack() as back:
            _roll_back(model, back, ports)
        case EndRollout() as end:
            if not _end(model, end, ports):
                return
        case _:
            pass
    if pending.notice:
        ports.topic.publish(pending.notice.subject, pending.notice.text)


def _retrain(model: str, retrain: Retrain, ports: Ports) -> None:
    told = {
        "model": model,
        "retraining_id": retrain.retraining_id,
        "cause": retrain.cause,
        "by": BY,
    }
    ports.retraining.start(retrain.retraining_id, told)


def _roll_back(model: str, back: RollBack, ports: Ports) -> None:
    told = {
        "model": model,
        "from_version": back.from_version,
        "by": BY,
        "reason": back.cause,
    }
    ports.rollback.start(f"{model}-{back.revision}", told)


def _end(model: str, end: EndRollout, ports: Ports) -> bool:
    """Whether the version is rejected: its rollout may have ended otherwise in the meantime."""
    ended = end_rollout(
        model,
        end.rollout_id,
        RolloutStatus.REJECTED,
        by=BY,
        reason=end.cause,
        registry=ports.registry,
        clock=ports.clock,
    )
    look_again(model, ports)
    return ended.status is RolloutStatus.REJECTED


def look_later(route: Route, ports: Ports) -> None:
    """Ask again, once, when also an alarm that looks back for hours is about this route."""
    told = {"model": route.model, "settled": route.revision, "wait_seconds": SETTLING_SLOWLY}
    ports.second_look.start(f"{route.model}-{route.revision}-slow", told)


def look_again(model: str, ports: Ports) -> None:
    """Ask again once the route in force has served for as long as alarms look back."""
    route = ports.registry.route(model)
    if route is not None:
        told = {"model": model, "settled": route.revision}
        ports.second_look.start(f"{model}-{route.revision}", told)
