"""How what was done for a model is written down: pure changes of its record, with their events."""

from __future__ import annotations

from dataclasses import replace

from perennial.automation import notices
from perennial.automation.accounting import Account
from perennial.automation.decisions import (
    Decision,
    EndRollout,
    Halt,
    Hold,
    Notice,
    Pending,
    Retrain,
    RollBack,
)
from perennial.automation.situation import LatestReport
from perennial.registry.records import Automation, Event

BY = "automation"
# Lines of history about what was done, or not done, without a person.
HISTORY = (
    "retraining_ordered",
    "retraining_ended",
    "retraining_failed",
    "retraining_skipped",
    "rollback_ordered",
    "rollout_end_ordered",
    "automation_halted",
    "automation_resumed",
)
KEPT = 200  # times of retrainings and rollbacks: more than a week can hold
_TOLD = 20


def after_decision(
    automation: Automation, decision: Decision, told: Notice | None, at: str
) -> tuple[Automation, Event]:
    """The record once a decision is made, and its line of history."""
    changed = replace(_next(automation, at), pending=Pending(decision, told).to_json(), held="")
    model = automation.model
    match decision:
        case Retrain():
            changed = replace(
                changed,
                retrainings=(*automation.retrainings, at)[-KEPT:],
                retraining_run=decision.retraining_id,
            )
            subject = f"retraining {decision.retraining_id}"
            return changed, _event(model, at, "retraining_ordered", subject, decision.cause)
        case RollBack():
            changed = replace(
                changed,
                rollbacks=(*automation.rollbacks, at)[-KEPT:],
                rolled_back_revision=decision.revision,
            )
            if decision.halts:
                changed = _halted(changed, decision.halts, at)
            subject = f"version {decision.from_version}"
            return changed, _event(model, at, "rollback_ordered", subject, decision.cause)
        case EndRollout():
            changed = with_told(changed, ended_by_alarm(decision.rollout_id))
            subject = f"rollout {decision.rollout_id}"
            return changed, _event(model, at, "rollout_end_ordered", subject, decision.cause)
        case Halt():
            changed = _halted(changed, decision.reason, at)
            return changed, _event(model, at, "automation_halted", "automation", decision.reason)
        case Hold():
            raise ValueError("what waits is no deed")


def after_account(
    automation: Automation,
    account: Account,
    most_failures: int,
    report: LatestReport | None,
    at: str,
) -> tuple[Automation, Event]:
    """The record once it is known what became of a retraining."""
    failures = automation.failures
    if account.serves is not None:
        failures = 0 if account.serves else failures + 1
    counted = 0 if account.serves is not False else failures
    told = notices.ended(automation.model, account.sentence, counted, report)
    changed = replace(_next(automation, at), failures=failures, retraining_run="")
    event = _event(
        automation.model,
        at,
        "retraining_failed" if account.serves is False else "retraining_ended",
        f"retraining {automation.retraining_run}",
        account.sentence,
    )
    if account.serves is False and failures >= most_failures:
        reason = (
            f"{failures} retrainings in a row brought no version into service; of the last one, "
            f"{account.sentence}"
        )
        changed = _halted(changed, reason, at)
        told = notices.halted(automation.model, reason, report)
    return replace(changed, pending=Pending(None, told).to_json()), event


def noted(automation: Automation, retraining_id: str, run_id: str, at: str) -> Automation | None:
    """The record once the run of a retraining is known; None: it is about another."""
    if automation.retraining_run != retraining_id:
        return None
    return replace(_next(automation, at), retraining_run=run_id)


def nothing_gathered(
    automation: Automation, why: str, report: LatestReport | None, at: str
) -> tuple[Automation, Event]:
    """The record once a retraining found too little to train on: no failure of anybody."""
    told = notices.not_trained(automation.model, why, report)
    changed = replace(
        _next(automation, at), retraining_run="", pending=Pending(None, told).to_json()
    )
    subject = f"retraining {automation.retraining_run}"
    return changed, _event(automation.model, at, "retraining_skipped", subject, why)


def halted(
    automation: Automation, reason: str, report: LatestReport | None, at: str
) -> tuple[Automation, Event]:
    """The record once nothing is done by itself any more."""
    told = notices.halted(automation.model, reason, report)
    changed = _halted(_next(automation, at), reason, at)
    event = _event(automation.model, at, "automation_halted", "automation", reason)
    return replace(changed, pending=Pending(None, told).to_json()), event


def resumed(automation: Automation, by: str, reason: str, at: str) -> tuple[Automation, Event]:
    """The record once a person lets things go on: what led to the halt is counted anew."""
    changed = replace(
        _next(automation, at), halted="", halted_at="", failures=0, rollbacks=(), held=""
    )
    event = Event(automation.model, 0, at, by, "automation_resumed", "automation", reason)
    return changed, event


def told(automation: Automation, end: str, notice: Notice, at: str) -> Automation:
    """The record once people are to be told of the end of a workflow, which has a name."""
    changed = with_told(_next(automation, at), end)
    return replace(changed, pending=Pending(None, notice).to_json())


def with_told(automation: Automation, end: str) -> Automation:
    """The same record, which knows that people hear of this end."""
    return replace(automation, told=(*automation.told, end)[-_TOLD:])


def ended_by_alarm(rollout_id: str) -> str:
    """What is remembered of a rollout whose end people have heard of."""
    return f"rollout {rollout_id} ended by an alarm"


def done(automation: Automation, at: str) -> Automation:
    """The record once what was pending is done."""
    return replace(_next(automation, at), pending="")


def _next(automation: Automation, at: str) -> Automation:
    return replace(automation, revision=automation.revision + 1, updated_at=at)


def _halted(automation: Automation, reason: str, at: str) -> Automation:
    return replace(automation, halted=reason, halted_at=at, held="")


def _event(model: str, at: str, what: str, subject: str, reason: str) -> Event:
    return Event(model, 0, at, BY, what, subject, reason)
