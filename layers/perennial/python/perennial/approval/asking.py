"""A version asks to be let into service, waits, and at some time waits no longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from perennial.errors import Conflict, NotApproved
from perennial.registry.clock import Clock, iso
from perennial.registry.records import Approval, ApprovalStatus, Event, Route
from perennial.registry.routing import registered, settled
from perennial.registry.store import Registry
from perennial.registry.transitions import ways_back
from perennial.spec.approval import Approval as Rules
from perennial.spec.duration import seconds

BY = "workflow"
_UNDECIDED = "nobody decided until {}"
_REMOVED = "the model is deployed no longer"
# Lets the workflow that waits by a token go on; one that waits no longer is no mistake.
Resume = Callable[[str], None]


def may_serve(model: str, number: int, rules: Rules, registry: Registry) -> bool:
    """Whether a version may serve: no approval is needed, it has one, or it has served before."""
    if not rules.manual:
        return True
    approval = registry.approval(model, number)
    if approval is not None and approval.status is ApprovalStatus.APPROVED:
        return True
    return number in _served(registry.route(model))


def check_may_serve(model: str, number: int, rules: Rules, registry: Registry) -> None:
    """Hold a version back that people have not let into service.

    Raises:
        UnknownVersion: the model has no such version.
        NotApproved: it needs an approval and has none.
    """
    registered(model, number, registry)
    if may_serve(model, number, rules, registry):
        return
    approval = registry.approval(model, number)
    stands = approval.status.value.lower() if approval else "nobody was asked"
    raise NotApproved(f"version {number} of {model} needs an approval; it is: {stands}")


def ask(model: str, number: int, rules: Rules, *, registry: Registry, clock: Clock) -> Approval:
    """Ask for the approval of a version, once; older ones that wait are superseded.

    Raises:
        UnknownVersion: the model has no such version.
        Conflict: others kept changing the approval.
        Unavailable: the registry does not answer.
    """
    version = registered(model, number, registry)

    def attempt() -> Approval:
        present = registry.approval(model, number)
        if present is not None:
            return present
        at = clock()
        asked = Approval(
            model=model,
            version=number,
            run_id=version.run_id,
            status=ApprovalStatus.PENDING,
            revision=1,
            trained_by=version.created_by,
            asked_at=at,
            expires_at=_later(at, seconds(rules.expires_after)),
        )
        reason = f"version {number} passed its gates and needs an approval"
        return registry.save_approval(asked, told(asked, "approval_requested", at, BY, reason))

    return settled(attempt)


def supersede(approval: Approval, *, registry: Registry, clock: Clock, resume: Resume) -> None:
    """End the wait of older versions: what has come since is what people are to decide about."""
    for older in registry.approvals(approval.model):
        waits = older.status is ApprovalStatus.PENDING and older.version < approval.version
        if not waits or approval.status is not ApprovalStatus.PENDING:
            continue
        at, reason = clock(), f"version {approval.version} has come"
        ended = replace(
            older,
            status=ApprovalStatus.SUPERSEDED,
            revision=older.revision + 1,
            decided_at=at,
            decided_by=BY,
            reason=reason,
        )
        try:
            registry.save_approval(ended, told(ended, "approval_superseded", at, BY, reason))
        except Conflict:
            continue  # somebody decided about it at this very moment: it waits no longer
        resume(registry.token(older.model, older.version))


def settle(
    model: str, number: int, *, registry: Registry, clock: Clock, deployed: bool = True
) -> Approval:
    """How an approval stands once its workflow waits no more: one whose time is over is expired.

    Args:
        model: whose version.
        number: of the version.
        registry: keeps approvals.
        clock: gives the present moment.
        deployed: whether the model still is; nobody can decide about one that was removed.

    Raises:
        LookupError: nobody was asked.
        Conflict: others kept changing it.
        Unavailable: the registry does not answer.
    """

    def attempt() -> Approval:
        present = registry.approval(model, number)
        if present is None:
            raise LookupError(f"nobody was asked about version {number} of {model}")
        at = clock()
        if present.status is not ApprovalStatus.PENDING or (deployed and at < present.expires_at):
            return present
        reason = _UNDECIDED.format(present.expires_at) if deployed else _REMOVED
        ended = replace(
            present,
            status=ApprovalStatus.EXPIRED,
            revision=present.revision + 1,
            decided_at=at,
            decided_by=BY,
            reason=reason,
        )
        return registry.save_approval(ended, told(ended, "approval_expired", at, BY, reason))

    return settled(attempt)


def seconds_left(approval: Approval, at: str) -> int:
    """How long a decision is still waited for; 1 at least, since a workflow waits for no less."""
    left = datetime.fromisoformat(approval.expires_at) - datetime.fromisoformat(at)
    return max(1, round(left.total_seconds()))


def told(approval: Approval, what: str, at: str, by: str, reason: str) -> Event:
    """A change of an approval as a line of history."""
    details = {"run_id": approval.run_id, "trained_by": approval.trained_by}
    if approval.status is ApprovalStatus.PENDING:
        details["expires_at"] = approval.expires_at
    if approval.decided_by_id:
        details["decided_by_id"] = approval.decided_by_id
    subject = f"version {approval.version}"
    return Event(approval.model, 0, at, by, what, subject, reason, details)


def _served(route: Route | None) -> set[int]:
    """The versions that serve, or served well before."""
    if route is None:
        return set()
    return {route.champion.number, *(one.number for one in ways_back(route))}


def _later(at: str, more: int) -> str:
    return iso(datetime.fromisoformat(at) + timedelta(seconds=more))
