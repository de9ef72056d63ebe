"""A person decides about a version that waits: once, and with a reason."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from perennial.approval.asking import Resume, told
from perennial.approval.identity import Principal
from perennial.approval.policy import (
    Case,
    check_needed,
    check_not_served,
    check_open,
    check_person,
    check_version,
)
from perennial.errors import NoApproval
from perennial.registry.clock import Clock
from perennial.registry.records import Approval, ApprovalStatus, RolloutStatus
from perennial.registry.routing import registered, running_rollout, settled
from perennial.registry.staging import end_rollout
from perennial.registry.store import Registry
from perennial.spec.approval import Approval as Rules


class Decision(StrEnum):
    """What may be decided."""

    APPROVE = "approve"
    REJECT = "reject"


_ENDS = {
    Decision.APPROVE: (ApprovalStatus.APPROVED, "version_approved"),
    Decision.REJECT: (ApprovalStatus.REJECTED, "version_rejected"),
}


def decide(
    model: str,
    number: int,
    decision: Decision,
    *,
    who: Principal,
    reason: str,
    rules: Rules,
    registry: Registry,
    clock: Clock,
    resume: Resume,
) -> Approval:
    """Approve or reject a version that waits, and let its workflow go on.

    The same person may say the same again: that changes nothing, and lets a workflow go on that a
    crash kept waiting. A version that is rejected may not serve until a person trains another; its
    rollout, where one waited for the decision, ends.

    Args:
        model: whose version.
        number: of the version.
        decision: what is decided.
        who: decides, as API Gateway has authenticated them.
        reason: why, for the history.
        rules: of the model's spec.
        registry: keeps approvals.
        clock: gives the present moment.
        resume: lets a workflow go on.

    Raises:
        UnknownVersion: the model has no such version.
        NoApproval: nobody was asked about it.
        NotAnApprover: this person may not decide.
        ApprovalClosed: it is decided, too late, superseded, or may not be approved.
        Conflict: others kept changing it.
        Unavailable: a service does not answer.
    """
    status, what = _ENDS[decision]

    def attempt() -> Approval:
        version = registered(model, number, registry)
        present = registry.approval(model, number)
        if present is None:
            raise NoApproval(f"nobody was asked about version {number} of {model}")
        if present.status is status and present.decided_by_id == who.id:
            return present
        at = clock()
        case = Case(
            present,
            version,
            registry.run(model, version.run_id),
            registry.route(model),
            *_newest(model, registry, at),
        )
        check_needed(model, rules)
        check_person(who, case, rules, approves=decision is Decision.APPROVE)
        check_open(present, at)
        if decision is Decision.APPROVE:
            check_version(case, rules, at)
        else:
            check_not_served(case)
        decided = replace(
            present,
            status=status,
            revision=present.revision + 1,
            decided_at=at,
            decided_by=who.arn,
            decided_by_id=who.id,
            reason=reason,
        )
        rejected = (number,) if decision is Decision.REJECT else ()
        event = told(decided, what, at, who.arn, reason)
        return registry.save_approval(decided, event, rejected=rejected)

    decided = settled(attempt)
    if decision is Decision.REJECT:
        _withdraw(decided, registry, clock)
    resume(registry.token(model, number))
    return decided


def _withdraw(rejected: Approval, registry: Registry, clock: Clock) -> None:
    """End the rollout of a version that was rejected while it waited to go on."""
    route = registry.route(rejected.model)
    rollout = running_rollout(route, registry)
    if rollout is None or rollout.version != rejected.version:
        return
    end_rollout(
        rejected.model,
        rollout.rollout_id,
        RolloutStatus.REJECTED,
        by=rejected.decided_by,
        reason=rejected.reason,
        registry=registry,
        clock=clock,
    )


def _newest(model: str, registry: Registry, at: str) -> tuple[int, int]:
    """The newest version that is approved, and the newest that waits for a decision in time."""
    known = registry.approvals(model)
    approved = (one.version for one in known if one.status is ApprovalStatus.APPROVED)
    waits = (
        one.version for one in known if one.status is ApprovalStatus.PENDING and at < one.expires_at
    )
    return max(approved, default=0), max(waits, default=0)
