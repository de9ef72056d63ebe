"""One step of a rollout: look, judge, and move the route accordingly. It may be repeated.

Nothing is remembered between two calls but the rollout's record, and that changes together with
the route. A call that dies before its write changes nothing, one that dies after it has only not
told anybody, and the next call finds the rollout where it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypedDict

from perennial.errors import Conflict
from perennial.registry.clock import Clock
from perennial.registry.records import Rollout, RolloutStatus
from perennial.registry.staging import begin_step, end_rollout, known_rollout, note, promote
from perennial.registry.store import Registry
from perennial.rollout.admission import JUDGE, Door, let_in
from perennial.rollout.evidence import Witness
from perennial.rollout.findings import Findings, Verdict
from perennial.rollout.judge import judge
from perennial.rollout.moments import later, seconds_between
from perennial.rollout.plan import MOST_LOOKS
from perennial.rollout.wording import without_decision
from perennial.spec.approval import Approval
from perennial.spec.duration import seconds
from perennial.spec.rollout import Rollout as Rules
from perennial.spec.rollout import TooLittleTraffic


@dataclass(frozen=True, slots=True)
class Stepped:
    """Where a rollout stands after a step.

    Attributes:
        rollout: its record.
        wait_seconds: until the next look; 0 where there is none.
        ask_seconds: for how long people are to be waited for; 0 where nobody is asked.
    """

    rollout: Rollout
    wait_seconds: int
    ask_seconds: int = 0

    @property
    def over(self) -> bool:
        """Whether nobody looks again by himself: the rollout has ended or waits for a person."""
        return self.rollout.status not in (RolloutStatus.RUNNING, RolloutStatus.WAITING)


def take_step(
    model: str,
    rollout_id: str,
    rules: Rules,
    approval: Approval,
    *,
    witness: Witness,
    registry: Registry,
    clock: Clock,
) -> Stepped:
    """Look at a rollout once and do what the evidence says.

    Args:
        model: whose rollout.
        rollout_id: which.
        rules: of the model's spec, as it is deployed now; steps are those it began with.
        approval: who lets a version into service, by the same spec.
        witness: knows what both versions did.
        registry: keeps routes and rollouts.
        clock: gives the present moment.

    Raises:
        LookupError: there is no such rollout.
        Conflict: others kept changing route or rollout; calling again looks anew.
        Unavailable: a service does not answer.
    """
    rollout = known_rollout(model, rollout_id, registry)
    door = Door(approval, registry, clock)
    if _is_looked_at(rollout, door):
        at = clock()
        step = rollout.steps[rollout.step]
        findings = judge(witness(rollout, at), rules, step, len(rollout.steps))
        rollout = _Decision(rollout, rules, findings, at, door).carried_out()
    running = rollout.status is RolloutStatus.RUNNING
    wait = _wait(rollout, rules, clock()) if running else 0
    return Stepped(rollout, wait, door.seconds(rollout))


def _is_looked_at(rollout: Rollout, door: Door) -> bool:
    """Whether there is something to decide: one that waits for people is let be until they have."""
    if rollout.status is not RolloutStatus.WAITING:
        return rollout.status is RolloutStatus.RUNNING
    return door.open(rollout, rollout.step + 1) or door.closed_for_good(rollout) is not None


class _Acts(TypedDict):
    """Who changes something and why, and where it is kept."""

    by: str
    reason: str
    findings: str
    registry: Registry
    clock: Clock


@dataclass(frozen=True)
class _Decision:
    """What follows from the findings of one look."""

    rollout: Rollout
    rules: Rules
    findings: Findings
    at: str
    door: Door

    def carried_out(self) -> Rollout:
        if self.rollout.status is RolloutStatus.WAITING:
            return self._after_the_wait()
        verdict = self.findings.verdict
        if verdict is Verdict.REJECT:
            return self._end(self.findings.sentence)
        if verdict is Verdict.PASS and not self._waits_for_time:
            return self._go_on(self.findings.sentence)
        if not self._baked:
            return self._keep_looking()
        reason = without_decision(self.findings.sentence, self.findings.notes)
        policy = self.rules.too_little_traffic
        if policy is TooLittleTraffic.ADVANCE:
            return self._go_on(reason)
        return self._end(reason) if policy is TooLittleTraffic.REJECT else self._hold(reason)

    @property
    def _baked(self) -> bool:
        step = self.rollout.steps[self.rollout.step]
        return seconds_between(self.rollout.step_began_at, self.at) >= step.bake_seconds

    @property
    def _waits_for_time(self) -> bool:
        """A fixed split runs its time, so that outcomes can come, unless they have decided."""
        fixed = self.rollout.steps[self.rollout.step].strategy == "ab"
        by_outcomes = any(
            one.name == "loss" and one.verdict is Verdict.PASS for one in self.findings.guardrails
        )
        return fixed and not by_outcomes and not self._baked

    def _after_the_wait(self) -> Rollout:
        """It had come to go on, and does, unless what has been seen since speaks against it."""
        if not self.door.open(self.rollout, self.rollout.step + 1):
            return self._not_let_in()
        self.door.release(self.rollout)
        if self.findings.verdict is Verdict.REJECT:
            return self._end(self.findings.sentence)
        return self._go_on(let_in(self.rollout))

    def _not_let_in(self) -> Rollout:
        """People are asked, or have said no."""
        closed = self.door.closed_for_good(self.rollout)
        if closed is None:
            return self.door.hold(self.rollout, by=JUDGE, findings=self._told())
        status, reason = closed
        which = self.rollout.model, self.rollout.rollout_id
        return end_rollout(*which, status, **self._acts(reason))

    def _go_on(self, reason: str) -> Rollout:
        following, acts = self.rollout.step + 1, self._acts(reason)
        if not self.door.open(self.rollout, following):
            return self._not_let_in()
        if following == len(self.rollout.steps):
            return promote(self.rollout.model, self.rollout.rollout_id, **acts)
        return begin_step(self.rollout.model, self.rollout.rollout_id, following, **acts)

    def _end(self, reason: str) -> Rollout:
        which = self.rollout.model, self.rollout.rollout_id
        return end_rollout(*which, RolloutStatus.REJECTED, **self._acts(reason))

    def _hold(self, reason: str) -> Rollout:
        which = self.rollout.model, self.rollout.rollout_id
        seen = self.rollout.step  # a person may have moved it on while the judge looked
        return note(*which, RolloutStatus.PAUSED, step=seen, **self._acts(reason))

    def _acts(self, reason: str) -> _Acts:
        return {
            "by": JUDGE,
            "reason": reason,
            "findings": self._told(),
            "registry": self.door.registry,
            "clock": self.door.clock,
        }

    def _keep_looking(self) -> Rollout:
        """Keep what was seen, unless somebody has changed the rollout since it was read."""
        looked = replace(
            self.rollout,
            revision=self.rollout.revision + 1,
            updated_at=self.at,
            reason=self.findings.sentence,
            findings=self._told(_wait(self.rollout, self.rules, self.at)),
        )
        try:
            return self.door.registry.save_rollout(looked)
        except Conflict:
            return known_rollout(looked.model, looked.rollout_id, self.door.registry)

    def _told(self, wait: int | None = None) -> str:
        step = self.rollout.steps[self.rollout.step]
        return self.findings.as_json(
            step=self.rollout.step,
            strategy=step.strategy,
            share=step.share,
            looked_at=self.at,
            next_look_at=None if wait is None else later(self.at, wait),
        )


def _wait(rollout: Rollout, rules: Rules, at: str) -> int:
    """Seconds until the next look: as often as asked for, but no more looks than there may be."""
    step = rollout.steps[rollout.step]
    often = max(
        seconds(rules.check_every), math.ceil(step.bake_seconds * len(rollout.steps) / MOST_LOOKS)
    )
    left = math.ceil(step.bake_seconds - seconds_between(rollout.step_began_at, at))
    return max(1, min(often, left)) if left > 0 else often
