"""A rollout moves step by step, and route, rollout and versions never disagree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import Conflict, ModelNotTrained, UnknownVersion, VersionRejected
from perennial.registry.records import Rollout, RolloutStatus, RolloutStep, Route, VersionStatus
from perennial.registry.routing import choose_champion, put_in_service, roll_back
from perennial.registry.staging import begin_rollout, begin_step, end_rollout, note, promote

from tests.fakes.records import AT, a_rollout
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.turns import Chooser, Turns, every_order, in_order
from tests.unit.faults.history import stored, told
from tests.unit.registry.test_rolling_back import in_service, numbers

STEPS = (
    RolloutStep("shadow", 0.0, 60, 10),
    RolloutStep("canary", 0.25, 60, 10),
    RolloutStep("canary", 0.5, 60, 10),
)


def begun(registry: Any, version: int = 2) -> Rollout:
    rollout = a_rollout(rollout_id=f"r{version}", version=version, steps=STEPS)
    return begin_rollout(rollout, registry=registry, clock=lambda: AT)


def said(by: str = "judge", reason: str = "seen") -> dict[str, Any]:
    return {"by": by, "reason": reason, "clock": lambda: AT}


def step(registry: Any, number: int) -> Rollout:
    return begin_step("bank", "r2", number, registry=registry, **said())


def route_of(registry: InMemoryRegistry) -> Route:
    route = registry.route("bank")
    assert route is not None
    return route


@pytest.fixture
def registry() -> InMemoryRegistry:
    return in_service(1, versions=3)


def test_a_rollout_begins_in_the_shadow(registry: InMemoryRegistry) -> None:
    rollout = begun(registry)
    route = route_of(registry)
    assert route.champion.number == 1
    assert route.shadow is not None
    assert (route.shadow.number, route.challenger, route.share) == (2, None, 0.0)
    assert route.rollout_id == "r2"
    assert registry.rollout("bank", "r2") == rollout
    assert registry.events("bank")[0].what == "rollout_began"


def test_a_step_gives_the_challenger_its_share(registry: InMemoryRegistry) -> None:
    begun(registry)
    for number, share in ((1, 0.25), (2, 0.5)):
        rollout = step(registry, number)
        route = route_of(registry)
        assert route.challenger is not None
        assert (route.challenger.number, route.shadow, route.share) == (2, None, share)
        assert registry.rollout("bank", "r2") == rollout
        assert rollout.step == number
    assert [e.what for e in registry.events("bank")[:3]] == [
        "rollout_step",
        "rollout_step",
        "rollout_began",
    ]


def test_a_promoted_challenger_is_the_champion(registry: InMemoryRegistry) -> None:
    begun(registry)
    step(registry, 1)
    rollout = promote("bank", "r2", registry=registry, findings="{}", **said())
    assert (rollout.status, rollout.findings) == (RolloutStatus.PROMOTED, "{}")
    route = route_of(registry)
    assert numbers(route) == (2, 1, [])
    assert (route.challenger, route.shadow, route.share, route.rollout_id) == (None, None, 0, "")


def test_a_rejected_challenger_serves_nobody_and_is_marked(registry: InMemoryRegistry) -> None:
    begun(registry)
    step(registry, 1)
    rollout = end_rollout("bank", "r2", RolloutStatus.REJECTED, registry=registry, **said())
    assert rollout.status is RolloutStatus.REJECTED
    assert numbers(route_of(registry)) == (1, None, [])
    version = registry.version("bank", 2)
    assert version is not None
    assert version.status is VersionStatus.REJECTED
    assert put_in_service("bank", 2, registry=registry, **said()) == route_of(registry)
    assert begun(registry) == rollout
    other = a_rollout(rollout_id="again", version=2)
    with pytest.raises(VersionRejected):
        begin_rollout(other, registry=registry, clock=lambda: AT)


def test_a_rollout_ended_by_a_person_rejects_nothing(registry: InMemoryRegistry) -> None:
    begun(registry)
    end_rollout("bank", "r2", RolloutStatus.ENDED, registry=registry, **said("alice"))
    assert {v.status for v in registry.versions("bank")} == {VersionStatus.REGISTERED}


REPEATED: dict[str, Callable[[Any], Rollout]] = {
    "begin": lambda registry: begun(registry),
    "step": lambda registry: step(registry, 1),
    "promote": lambda registry: promote("bank", "r2", registry=registry, **said()),
    "reject": lambda registry: end_rollout(
        "bank", "r2", RolloutStatus.REJECTED, registry=registry, **said()
    ),
    "pause": lambda registry: note("bank", "r2", RolloutStatus.PAUSED, registry=registry, **said()),
}


@pytest.mark.parametrize("what", REPEATED)
def test_repeating_it_changes_nothing(registry: InMemoryRegistry, what: str) -> None:
    begun(registry)
    first = REPEATED[what](registry)
    before = route_of(registry), registry.events("bank")
    assert REPEATED[what](registry) == first
    assert (route_of(registry), registry.events("bank")) == before


@pytest.mark.parametrize("what", ["step", "promote", "reject", "pause"])
def test_what_is_at_its_end_stays_as_it_is(registry: InMemoryRegistry, what: str) -> None:
    begun(registry)
    ended = end_rollout("bank", "r2", RolloutStatus.ENDED, registry=registry, **said("alice"))
    assert REPEATED[what](registry) == ended


@pytest.mark.parametrize("what", ["step", "promote"])
def test_a_paused_rollout_waits_for_a_person(registry: InMemoryRegistry, what: str) -> None:
    begun(registry)
    paused = REPEATED["pause"](registry)
    assert REPEATED[what](registry) == paused
    assert registry.events("bank")[0].what == "rollout_paused"
    note("bank", "r2", RolloutStatus.RUNNING, registry=registry, **said("alice"))
    assert registry.events("bank")[0].what == "rollout_resumed"
    assert REPEATED[what](registry) != paused


def test_what_the_judge_saw_is_kept_without_a_line_of_history(registry: InMemoryRegistry) -> None:
    begun(registry)
    told = len(registry.events("bank"))
    rollout = note("bank", "r2", RolloutStatus.RUNNING, registry=registry, findings="{}", **said())
    assert registry.rollout("bank", "r2") == rollout
    assert rollout.findings == "{}"
    assert len(registry.events("bank")) == told


def test_a_judge_that_was_overtaken_does_not_pause_the_next_step(
    registry: InMemoryRegistry,
) -> None:
    begun(registry)
    began = registry.rollout("bank", "r2")
    assert began is not None
    paused = note(
        "bank", "r2", RolloutStatus.PAUSED, step=began.step + 1, registry=registry, **said()
    )
    assert paused == registry.rollout("bank", "r2") == began
    held = note("bank", "r2", RolloutStatus.PAUSED, step=began.step, registry=registry, **said())
    assert held.status is RolloutStatus.PAUSED


def test_a_newer_version_supersedes_a_rollout(registry: InMemoryRegistry) -> None:
    begun(registry, 2)
    begun(registry, 3)
    first = registry.rollout("bank", "r2")
    assert first is not None
    assert first.status is RolloutStatus.SUPERSEDED
    assert route_of(registry).rollout_id == "r3"
    assert {v.status for v in registry.versions("bank")} == {VersionStatus.REGISTERED}


def test_a_version_put_in_service_at_once_supersedes_a_rollout(
    registry: InMemoryRegistry,
) -> None:
    begun(registry)
    route = put_in_service("bank", 3, registry=registry, **said())
    assert (numbers(route), route.rollout_id) == ((3, 1, []), "")
    rollout = registry.rollout("bank", "r2")
    assert rollout is not None
    assert rollout.status is RolloutStatus.SUPERSEDED


def test_a_person_may_cut_a_rollout_short(registry: InMemoryRegistry) -> None:
    begun(registry)
    choose_champion("bank", 2, registry=registry, **said("alice"))
    rollout = registry.rollout("bank", "r2")
    assert rollout is not None
    assert rollout.status is RolloutStatus.PROMOTED


def test_an_older_version_does_not_disturb_a_rollout(registry: InMemoryRegistry) -> None:
    begun(registry, 3)
    before = route_of(registry)
    assert put_in_service("bank", 2, registry=registry, **said()) == before
    with pytest.raises(Conflict, match="version 2 of bank is not newer than 3"):
        begun(registry, 2)


def test_a_rollout_of_nothing_is_refused() -> None:
    with pytest.raises(UnknownVersion):
        begun(in_service(1), 2)
    untrained = in_service(1, versions=2)
    untrained._routes.clear()
    with pytest.raises(ModelNotTrained):
        begun(untrained, 2)


def test_a_step_that_does_not_exist_is_refused(registry: InMemoryRegistry) -> None:
    begun(registry)
    with pytest.raises(LookupError, match="no step 3"):
        step(registry, 3)
    with pytest.raises(LookupError, match="bank has no rollout nobody"):
        begin_step("bank", "nobody", 1, registry=registry, **said())


@pytest.mark.parametrize("status", [RolloutStatus.RUNNING, RolloutStatus.PROMOTED])
def test_an_end_is_an_end_without_the_challenger(
    registry: InMemoryRegistry, status: RolloutStatus
) -> None:
    begun(registry)
    with pytest.raises(ValueError, match=r"does not end a rollout"):
        end_rollout("bank", "r2", status, registry=registry, **said())
    with pytest.raises(ValueError, match="is an end"):
        note("bank", "r2", RolloutStatus.ENDED, registry=registry, **said())


def test_a_promotion_and_a_rollback_at_once_leave_the_newest_version_in_service() -> None:
    def play(choose: Chooser) -> None:
        registry, turns = in_service(1, 2, versions=4), Turns(choose)
        gated = turns.gated(registry)
        results = turns.run(
            lambda: put_in_service("bank", 3, registry=gated, **said()),
            lambda: roll_back("bank", 2, registry=gated, **said("alarm")),
        )
        assert not [result for result in results if isinstance(result, Exception)]
        route = route_of(registry)
        assert route.champion.number == 3
        good = {v.number for v in registry.versions("bank") if v.status.value == "REGISTERED"}
        assert {route.champion.number, *numbers(route)[2]} <= good

    assert every_order(play) >= 20


@given(choices=st.lists(st.integers(0, 2), min_size=1, max_size=40))
def test_two_promotions_and_a_rollback_at_once_leave_one_good_champion(
    choices: list[int],
) -> None:
    registry, turns = in_service(1, 2, versions=4), Turns(in_order(choices))
    begun(registry, 3)
    gated = turns.gated(registry)
    results = turns.run(
        lambda: promote("bank", "r3", registry=gated, **said()),
        lambda: put_in_service("bank", 4, registry=gated, **said("run")),
        lambda: roll_back("bank", 2, registry=gated, **said("alarm")),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    route = route_of(registry)
    assert (route.champion.number, route.rollout_id) == (4, "")
    rejected = {v.number for v in registry.versions("bank") if v.status.value == "REJECTED"}
    assert not rejected & {4, numbers(route)[1], *numbers(route)[2]}
    assert told(registry) == stored(registry)


def test_what_changed_is_what_the_event_says(registry: InMemoryRegistry) -> None:
    begun(registry)
    step(registry, 1)
    assert registry.events("bank")[0].details == {
        "champion": "1",
        "previous": "",
        "challenger": "2",
        "share": "0.25",
        "rollout": "r2",
        "rollout_status": "RUNNING",
        "rollout_version": "2",
        "step": "1",
    }
