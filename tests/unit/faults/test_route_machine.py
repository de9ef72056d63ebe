"""The route's state machine, in any order of everything that can happen to it.

Runs, judges, alarms and people act at will, some on what they saw long ago, some twice. Whatever
they do, route, rollouts, versions and history agree, and nothing that was rejected serves.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from perennial.errors import Conflict, PerennialError
from perennial.registry import transitions
from perennial.registry.records import Rollout, RolloutStatus, RolloutStep, Route, VersionStatus
from perennial.registry.routing import choose_champion, put_in_service, roll_back, written
from perennial.registry.staging import begin_rollout, begin_step, end_rollout, note, promote
from perennial.registry.transitions import Act

from tests.fakes.records import AT, a_rollout, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.unit.faults.history import Told, stored

STEPS = (
    RolloutStep("shadow", 0.0, 60, 10),
    RolloutStep("canary", 0.1, 60, 10),
    RolloutStep("canary", 0.5, 60, 10),
)
NUMBERS = st.integers(1, 6)
ENDS = st.sampled_from([RolloutStatus.REJECTED, RolloutStatus.ENDED, RolloutStatus.SUPERSEDED])
SEQUENCES = 300


class RouteMachine(RuleBasedStateMachine):
    """The model `bank`; `last` is what was done last, to be delivered once more."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = InMemoryRegistry()
        self.told = Told()
        self.heard = 0
        self.last: Callable[[], object] = lambda: None
        self.old_routes: list[Route] = []
        self.ticks = itertools.count()

    def clock(self) -> str:
        return f"{AT[:-5]}.{next(self.ticks):06d}Z"

    def acts(self, by: str) -> dict[str, Any]:
        return {"by": by, "reason": "so", "registry": self.registry, "clock": self.clock}

    def do(self, act: Callable[[], object]) -> None:
        """Do something, which may be refused; then it must have changed nothing."""
        route = self.registry.route("bank")
        if route is not None:
            self.old_routes.append(route)
        events = len(self.registry.events("bank", 10_000))
        self.last = lambda: None  # what is refused now may well be granted later
        try:
            act()
            self.last = act
        except (PerennialError, LookupError, ValueError):
            assert len(self.registry.events("bank", 10_000)) == events
            assert self.registry.route("bank") == route

    def rollout_id(self) -> str:
        route = self.registry.route("bank")
        return route.rollout_id if route else ""

    @rule()
    def register(self) -> None:
        number = len(self.registry.versions("bank")) + 1
        if number <= 6:
            self.registry.create_run(a_run(f"run{number}"))
            version = a_version(f"run{number}", artifact_digest=f"{number}" * 64)
            self.registry.register_version(version, an_event())

    @rule(number=NUMBERS)
    def a_run_ends(self, number: int) -> None:
        self.do(lambda: put_in_service("bank", number, **self.acts("run")))

    @rule(number=NUMBERS)
    def a_rollout_begins(self, number: int) -> None:
        rollout = a_rollout(rollout_id=f"v{number}", version=number, steps=STEPS)
        self.do(lambda: begin_rollout(rollout, registry=self.registry, clock=self.clock))

    @rule(step=st.integers(0, 3))
    def the_judge_goes_on(self, step: int) -> None:
        which = self.rollout_id()
        self.do(lambda: begin_step("bank", which, step, **self.acts("judge")))

    @rule()
    def the_judge_promotes(self) -> None:
        which = self.rollout_id()
        self.do(lambda: promote("bank", which, **self.acts("judge")))

    @rule(status=ENDS)
    def a_rollout_ends(self, status: RolloutStatus) -> None:
        which = self.rollout_id()
        self.do(lambda: end_rollout("bank", which, status, **self.acts("ada")))

    @rule(paused=st.booleans())
    def a_person_pauses(self, paused: bool) -> None:
        which = self.rollout_id()
        status = RolloutStatus.PAUSED if paused else RolloutStatus.RUNNING
        self.do(lambda: note("bank", which, status, **self.acts("ada")))

    @rule(number=NUMBERS)
    def a_person_chooses(self, number: int) -> None:
        self.do(lambda: choose_champion("bank", number, **self.acts("ada")))

    @rule(from_version=NUMBERS, to=st.none() | NUMBERS)
    def an_alarm_rolls_back(self, from_version: int, to: int | None) -> None:
        rejected = self._rejected()
        self.do(lambda: roll_back("bank", from_version, to, **self.acts("alarm")))
        route = self.registry.route("bank")
        if route is not None:
            assert route.champion.number not in rejected

    @precondition(lambda self: self.old_routes)
    @rule(data=st.data())
    def somebody_writes_what_he_saw_long_ago(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.old_routes))
        present = self.registry.route("bank")
        act = Act(self.clock(), "late", "so")
        change = transitions.take_back(old, old.previous or old.champion, act)
        if present is not None and old.revision != present.revision:
            with pytest.raises(Conflict):
                written(change, self.registry)
            assert self.registry.route("bank") == present

    @rule()
    def the_last_message_comes_again(self) -> None:
        before = self.registry.route("bank"), stored(self.registry)
        with suppress(PerennialError, LookupError, ValueError):
            self.last()
        assert (self.registry.route("bank"), stored(self.registry)) == before

    def _rejected(self) -> set[int]:
        versions = self.registry.versions("bank")
        return {one.number for one in versions if one.status is VersionStatus.REJECTED}

    @invariant()
    def history_agrees_with_what_is_stored(self) -> None:
        events = list(reversed(self.registry.events("bank", 10_000)))
        for event in events[self.heard :]:
            self.told.add(event)
        self.heard = len(events)
        assert self.told == stored(self.registry)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))

    @invariant()
    def nothing_that_was_rejected_serves_or_is_gone_back_to(self) -> None:
        route, rejected = self.registry.route("bank"), self._rejected()
        if route is not None:
            good = [route.champion, *transitions.ways_back(route)]
            beside = [one for one in (route.challenger, route.shadow) if one is not None]
            numbers = {one.number for one in (*good, *beside)}
            assert not rejected & numbers
            assert len(good) == len({one.number for one in good})
            assert all(self.registry.version("bank", number) for number in numbers)

    @invariant()
    def a_route_and_its_rollout_are_of_one_mind(self) -> None:
        route = self.registry.route("bank")
        running = [one for one in self.registry.rollouts("bank") if not one.status.final]
        if route is None or not route.rollout_id:
            assert running == []
            if route is not None:
                assert (route.challenger, route.shadow, route.share) == (None, None, 0.0)
        else:
            (rollout,) = running
            assert rollout.rollout_id == route.rollout_id
            self._is_at_its_step(route, rollout)

    def _is_at_its_step(self, route: Route, rollout: Rollout) -> None:
        share = rollout.steps[rollout.step].share
        asked, other = route.challenger, route.shadow
        if not share:
            asked, other = other, asked
        assert asked is not None
        assert (asked.number, other, route.share) == (rollout.version, None, share)


def test_in_any_order_of_events_all_agree() -> None:
    run_state_machine_as_test(
        RouteMachine, settings=settings(max_examples=SEQUENCES, stateful_step_count=25)
    )


@pytest.mark.slow
def test_in_ten_thousand_orders_of_events_all_agree() -> None:
    run_state_machine_as_test(
        RouteMachine, settings=settings(max_examples=10_000, stateful_step_count=25)
    )
