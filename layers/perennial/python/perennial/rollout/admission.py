"""Whether people let a challenger go on into traffic, by the rules that are deployed now.

A rollout may have begun before its spec asked for an approval. What its challenger answers already
it goes on answering; a larger share, or the champion's place, it gets only once it is approved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from perennial.approval.asking import ask, may_serve, seconds_left
from perennial.errors import NotApproved
from perennial.registry.clock import Clock
from perennial.registry.records import ApprovalStatus, Event, Rollout, RolloutStatus, VersionStatus
from perennial.registry.store import Registry
from perennial.registry.transitions import of_rollout
from perennial.spec.approval import Approval as Rules

JUDGE = "rollout"  # who changes the route, in the history
# How a rollout ends whose version people did not let in.
_ENDS = {
    ApprovalStatus.REJECTED: RolloutStatus.REJECTED,
    ApprovalStatus.SUPERSEDED: RolloutStatus.SUPERSEDED,
    ApprovalStatus.EXPIRED: RolloutStatus.ENDED,
}


@dataclass(frozen=True, slots=True)
class Door:
    """What stands between a rollout and its next step.

    Attributes:
        rules: of approval, as the model's spec has them now.
        registry: keeps approvals and rollouts.
        clock: gives the present moment.
    """

    rules: Rules
    registry: Registry
    clock: Clock

    def open(self, rollout: Rollout, following: int) -> bool:
        """Whether a rollout may go on to a step; the one after the last is the champion's place."""
        exposed = following == len(rollout.steps) or rollout.steps[following].share > 0
        return not exposed or may_serve(rollout.model, rollout.version, self.rules, self.registry)

    def closed_for_good(self, rollout: Rollout) -> tuple[RolloutStatus, str] | None:
        """How a rollout ends that will never be let in, and why; None: it may be yet."""
        version = self.registry.version(rollout.model, rollout.version)
        approval = self.registry.approval(rollout.model, rollout.version)
        if version is not None and version.status is VersionStatus.REJECTED:
            why = (approval and approval.reason) or "it was rejected"
            return RolloutStatus.REJECTED, why
        if approval is None or approval.status not in _ENDS:
            return None
        return _ENDS[approval.status], f"it was not approved: {approval.reason}"

    def hold(self, rollout: Rollout, *, by: str, findings: str = "") -> Rollout:
        """Keep a rollout where it is until people have decided, and see that they are asked.

        Raises:
            NotApproved: they have decided, and not for it.
            Conflict: somebody has changed the rollout since it was read.
            Unavailable: the registry does not answer.
        """
        model, version = rollout.model, rollout.version
        approval = ask(model, version, self.rules, registry=self.registry, clock=self.clock)
        if approval.status in _ENDS:
            stands = approval.status.value.lower()
            raise NotApproved(f"version {version} of {model} needs an approval; it is: {stands}")
        if rollout.status is RolloutStatus.WAITING:
            return rollout
        found = replace(rollout, findings=findings or rollout.findings)
        return self._turned(found, RolloutStatus.WAITING, by, needs_approval(rollout))

    def seconds(self, rollout: Rollout) -> int:
        """How long people are waited for; 0: they are not."""
        if rollout.status is not RolloutStatus.WAITING:
            return 0
        approval = self.registry.approval(rollout.model, rollout.version)
        return seconds_left(approval, self.clock()) if approval else 1

    def release(self, rollout: Rollout) -> Rollout:
        """Let a rollout go on that has waited, unless somebody has changed it since it was read.

        Raises:
            Conflict: somebody has.
            Unavailable: the registry does not answer.
        """
        return self._turned(rollout, RolloutStatus.RUNNING, JUDGE, let_in(rollout))

    def _turned(self, rollout: Rollout, status: RolloutStatus, by: str, reason: str) -> Rollout:
        at, revision = self.clock(), rollout.revision + 1
        turned = replace(rollout, revision=revision, status=status, updated_at=at, reason=reason)
        what = "rollout_paused" if status is RolloutStatus.WAITING else "rollout_resumed"
        subject, told = f"rollout {rollout.rollout_id}", of_rollout(turned)
        event = Event(rollout.model, 0, at, by, what, subject, reason, told)
        return self.registry.save_rollout(turned, event)


def let_in(rollout: Rollout) -> str:
    """Why a rollout that has waited goes on."""
    return f"version {rollout.version} may serve now"


def needs_approval(rollout: Rollout) -> str:
    """Why a rollout waits, and what lets it go on."""
    return (
        f"version {rollout.version} needs an approval before it may go on: perennial approve "
        f"{rollout.model} {rollout.version} --reason WHY"
    )
