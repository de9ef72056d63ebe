"""Approvals in any order of everything that can happen, also between a reading and a write.

Versions are trained and ask, people decide in time, late and at once, specs come to ask for
approvals and cease to, rollouts go on, and persons try every way into service. Whatever they do,
nothing is put in service without an approval that the spec asks for, unless it has served before.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from perennial.approval.asking import ask, may_serve, settle, supersede
from perennial.approval.deciding import Decision, decide
from perennial.approval.operation import guarding
from perennial.errors import PerennialError
from perennial.registry.records import Approval, ApprovalStatus, Route, VersionStatus
from perennial.registry.routing import choose_champion, roll_back
from perennial.registry.transitions import ways_back
from perennial.rollout.beginning import introduce
from perennial.rollout.intervention import Action, intervene
from perennial.rollout.moments import later
from perennial.rollout.step import take_step
from perennial.spec.approval import Approval as Rules

from tests.fakes.records import AT, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.workflow import RecordingWorkflow
from tests.unit.approval.desk import ADA, BOB
from tests.unit.rollout.scenes import FAILING, GOOD, NOTHING
from tests.unit.rollout.scenes import rules as stages

MANUAL, AUTOMATIC = Rules(method="manual", expires_after="1h"), Rules()
STAGED, AT_ONCE = stages(), stages(stages=[])
BACK = st.sampled_from([0, 0, 0, 0, 1, 1, 2])  # how many versions before the newest
MOST = 6
SEQUENCES = 60
Deed = Callable[[], object]


class Racing(InMemoryRegistry):
    """Somebody else acts once, just before the next write."""

    meanwhile: Deed | None = None

    def _first(self) -> None:
        other, self.meanwhile = self.meanwhile, None
        if other is not None:
            other()

    def save_approval(self, *given: Any, **named: Any) -> Approval:
        self._first()
        return super().save_approval(*given, **named)

    def save_rollout(self, *given: Any, **named: Any) -> Any:
        self._first()
        return super().save_rollout(*given, **named)

    def set_route(self, *given: Any, **named: Any) -> Route:
        self._first()
        return super().set_route(*given, **named)


class ApprovalMachine(RuleBasedStateMachine):
    """The model `bank`; `approval` and `rollout` are the rules that are deployed."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = Racing()
        self.workflow = RecordingWorkflow()
        self.approval, self.rollout = MANUAL, STAGED
        self.seconds = 0.0
        self.ticks = itertools.count()
        self.served: set[int] = set()
        self.decided: dict[int, Approval] = {}

    def clock(self) -> str:
        return later(AT, self.seconds + next(self.ticks) / 1000)

    # What can happen, each as a deed that can also come in between.

    def arrives(self, number: int) -> None:
        """The workflow's SetRoute, or SetApprovedRoute."""
        if not may_serve("bank", number, self.approval, self.registry):
            ask("bank", number, self.approval, registry=self.registry, clock=self.clock)
            return
        acts: dict[str, Any] = {"by": "workflow", "reason": "so", "workflow": self.workflow}
        kept: dict[str, Any] = {"registry": self.registry, "clock": self.clock}
        introduce("bank", number, self.rollout, **acts, **kept)

    def asks(self, number: int) -> None:
        asked = ask("bank", number, self.approval, registry=self.registry, clock=self.clock)
        supersede(asked, registry=self.registry, clock=self.clock, resume=lambda token: None)

    def settles(self, number: int) -> None:
        found = settle("bank", number, registry=self.registry, clock=self.clock)
        if found.status is ApprovalStatus.APPROVED:
            self.arrives(number)

    def says(self, number: int, decision: str) -> None:
        at, newer = self.clock(), self._waiting_after(number)
        decided = decide(
            "bank",
            number,
            Decision(decision),
            who=BOB,
            reason="so",
            rules=self.approval,
            registry=self.registry,
            clock=self.clock,
            resume=lambda token: None,
        )
        if decided.decided_at >= at and decision == "approve":
            assert not newer, "of several that wait the newest is decided about"

    def looks(self, evidence: int) -> None:
        route = self.registry.route("bank")
        seen = (GOOD, FAILING, NOTHING)[evidence]
        take_step(
            "bank",
            route.rollout_id if route else "",
            self.rollout,
            self.approval,
            witness=lambda rollout, until: seen,
            registry=self.registry,
            clock=self.clock,
        )

    def intervenes(self, action: str) -> None:
        intervene(
            "bank",
            Action(action),
            self.approval,
            by="ada",
            reason="so",
            registry=self.registry,
            workflow=self.workflow,
            clock=self.clock,
        )

    def routes(self, number: int) -> None:
        """`PUT route`."""
        guarding(lambda _: self.approval, self.registry)("bank", number)
        kept: dict[str, Any] = {"registry": self.registry, "clock": self.clock}
        choose_champion("bank", number, by="ada", reason="so", **kept)

    def rolls_back(self, to: int | None) -> None:
        """`POST rollback`, or an alarm."""
        route = self.registry.route("bank")
        if to is not None:
            guarding(lambda _: self.approval, self.registry)("bank", to)
        kept: dict[str, Any] = {"registry": self.registry, "clock": self.clock}
        serving = route.champion.number if route else 0
        roll_back("bank", serving, to, by="ada", reason="so", **kept)

    def deed(self, kind: str, number: int, choice: int) -> Deed:
        return {
            "arrives": lambda: self.arrives(number),
            "asks": lambda: self.asks(number),
            "settles": lambda: self.settles(number),
            "approves": lambda: self.says(number, "approve"),
            "rejects": lambda: self.says(number, "reject"),
            "looks": lambda: self.looks(choice),
            "intervenes": lambda: self.intervenes(["pause", "resume", "advance"][choice]),
            "ends": lambda: self.intervenes("end"),
            "routes": lambda: self.routes(number),
            "rolls back": lambda: self.rolls_back(number if choice else None),
        }[kind]

    def happens(self, deed: Deed) -> None:
        """Something is done, or refused; what it put in service had to be let in."""
        before = self._exposed()
        served = set(self.served)
        with suppress(PerennialError, LookupError):
            deed()
        if self.approval is AUTOMATIC:
            return
        for number, share in self._exposed().items():
            if share > before.get(number, 0.0):
                approval = self.registry.approval("bank", number)
                approved = approval and approval.status is ApprovalStatus.APPROVED
                assert approved or number in served, f"version {number} came to {share:.0%}"

    KINDS = st.sampled_from(
        [
            *("arrives", "asks", "settles", "approves", "rejects"),
            *("looks", "looks", "intervenes", "ends", "routes", "rolls back"),
        ]
    )

    @initialize()
    def one_version_serves(self) -> None:
        self.approval = AUTOMATIC
        self.a_version_is_trained()
        self.approval = MANUAL

    @rule()
    def a_version_is_trained(self) -> None:
        number = self._newest + 1
        if number <= MOST:
            self.registry.create_run(a_run(f"r{number}", created_by=ADA.id))
            made = a_version(f"r{number}", created_by=ADA.id, created_at=self.clock())
            self.registry.register_version(made, an_event())
            self.happens(lambda: self.arrives(number))

    @rule(step=st.integers(0, 2))
    def a_spec_comes_to_ask_while_a_rollout_is_under_way(self, step: int) -> None:
        self.approval, self.rollout = AUTOMATIC, STAGED
        self.a_version_is_trained()
        for _ in range(step):
            self.happens(lambda: self.looks(0))
        self.approval = MANUAL

    @rule(kind=KINDS, back=BACK, choice=st.integers(0, 2))
    def something_happens(self, kind: str, back: int, choice: int) -> None:
        self.happens(self.deed(kind, self._newest - back, choice))

    @rule(kind=st.sampled_from(["approves", "rejects"]), back=BACK)
    def people_decide(self, kind: str, back: int) -> None:
        self.happens(self.deed(kind, self._newest - back, 0))

    @rule()
    def the_judge_is_content(self) -> None:
        self.happens(lambda: self.looks(0))

    @rule(kinds=st.tuples(KINDS, KINDS), backs=st.tuples(BACK, BACK), choice=st.integers(0, 2))
    def two_things_happen_at_once(
        self, kinds: tuple[str, str], backs: tuple[int, int], choice: int
    ) -> None:
        first, second = (
            self.deed(kind, self._newest - back, choice)
            for kind, back in zip(kinds, backs, strict=True)
        )
        self.registry.meanwhile = lambda: self.happens(second)
        self.happens(first)
        self.registry.meanwhile = None

    @rule(manual=st.booleans(), staged=st.booleans())
    def another_spec_is_deployed(self, manual: bool, staged: bool) -> None:
        self.approval = MANUAL if manual else AUTOMATIC
        self.rollout = STAGED if staged else AT_ONCE

    @property
    def _newest(self) -> int:
        return len(self.registry.versions("bank"))

    @rule(minutes=st.sampled_from([10, 59, 61]))
    def time_passes(self, minutes: int) -> None:
        self.seconds += 60 * minutes

    def _exposed(self) -> dict[int, float]:
        """The versions that answer requests, with their share of them."""
        route = self.registry.route("bank")
        if route is None:
            return {}
        shares = {route.champion.number: 1.0}
        if route.challenger is not None:
            shares[route.challenger.number] = route.share
        return shares

    def _waiting_after(self, number: int) -> list[int]:
        at = later(AT, self.seconds)
        return [
            one.version
            for one in self.registry.approvals("bank")
            if one.status is ApprovalStatus.PENDING and one.version > number
            and later(at, 60) < one.expires_at
        ]  # fmt: skip

    @invariant()
    def what_has_served_is_remembered(self) -> None:
        route = self.registry.route("bank")
        if route is not None:
            self.served.add(route.champion.number)

    @invariant()
    def a_decision_is_made_once(self) -> None:
        for approval in self.registry.approvals("bank"):
            if approval.status is not ApprovalStatus.PENDING:
                assert self.decided.setdefault(approval.version, approval) == approval
        ends = ("version_approved", "version_rejected", "approval_expired", "approval_superseded")
        told = Counter(
            event.subject for event in self.registry.events("bank", 10_000) if event.what in ends
        )
        assert not told or max(told.values()) == 1

    @invariant()
    def nothing_that_was_rejected_serves(self) -> None:
        route = self.registry.route("bank")
        if route is None:
            return
        beside = [one for one in (route.challenger, route.shadow) if one is not None]
        for one in (route.champion, *ways_back(route), *beside):
            version = self.registry.version("bank", one.number)
            assert version is not None
            assert version.status is not VersionStatus.REJECTED, f"version {one.number}"


def test_in_any_order_of_events_nothing_serves_that_was_not_let_in() -> None:
    run_state_machine_as_test(
        ApprovalMachine, settings=settings(max_examples=SEQUENCES, stateful_step_count=25)
    )


@pytest.mark.slow
def test_in_thousands_of_orders_of_events_nothing_serves_that_was_not_let_in() -> None:
    run_state_machine_as_test(
        ApprovalMachine, settings=settings(max_examples=3000, stateful_step_count=25)
    )
