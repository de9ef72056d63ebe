"""A version is taken back in one write, rejected, and what served well before it serves again."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.errors import (
    Conflict,
    ModelNotTrained,
    NowhereToGo,
    UnknownVersion,
    VersionRejected,
)
from perennial.registry.records import RolloutStatus, Route, VersionStatus
from perennial.registry.routing import choose_champion, put_in_service, roll_back
from perennial.registry.staging import begin_rollout

from tests.fakes.records import AT, a_rollout
from tests.fakes.registry import InMemoryRegistry
from tests.unit.registry.test_routing import registry_with


def in_service(*numbers: int, versions: int | None = None) -> InMemoryRegistry:
    """Versions that came into service one after the other."""
    registry = registry_with(versions or max(numbers))
    for number in numbers:
        choose_champion(
            "bank", number, by="alice", reason="tried", registry=registry, clock=lambda: AT
        )
    return registry


def back(registry: Any, from_version: int, to: int | None = None, **given: Any) -> Route:
    return roll_back(
        "bank",
        from_version,
        to,
        by="alarm",
        reason="errors",
        registry=registry,
        clock=lambda: AT,
        **given,
    )


def numbers(route: Route) -> tuple[int, int | None, list[int]]:
    previous = route.previous.number if route.previous else None
    return route.champion.number, previous, [one.number for one in route.earlier]


def test_the_last_good_version_serves_again_and_the_bad_one_is_rejected() -> None:
    registry = in_service(1, 2, 3)
    route = back(registry, 3)
    assert numbers(route) == (2, 1, [])
    assert registry.route("bank") == route
    assert registry.versions("bank")[0].status is VersionStatus.REJECTED
    event = registry.events("bank")[0]
    assert (event.what, event.by, event.subject) == ("rolled_back", "alarm", "route 4")
    assert event.details == {"champion": "2", "previous": "1", "rejected": "3"}


def test_one_may_go_back_again_and_again_as_long_as_there_is_a_good_one() -> None:
    registry = in_service(1, 2, 3, 4)
    assert [back(registry, number).champion.number for number in (4, 3, 2)] == [3, 2, 1]
    before = registry.route("bank"), registry.events("bank")
    with pytest.raises(NowhereToGo, match="version 1 of bank has no good one before it"):
        back(registry, 1)
    assert (registry.route("bank"), registry.events("bank")) == before


def test_repeating_it_takes_nothing_else_back() -> None:
    registry = in_service(1, 2, 3)
    route = back(registry, 3)
    assert back(registry, 3) == route
    assert len([e for e in registry.events("bank") if e.what == "rolled_back"]) == 1


def test_a_late_repetition_leaves_alone_what_came_after() -> None:
    registry = in_service(1, 2, versions=3)
    back(registry, 2)
    route = put_in_service(
        "bank", 3, by="run", reason="passed", registry=registry, clock=lambda: AT
    )
    assert back(registry, 2) == route


def test_a_person_says_where_to() -> None:
    registry = in_service(1, 2, 3)
    assert numbers(back(registry, 3, to=1)) == (1, 2, [])


@pytest.mark.parametrize(
    ("to", "error"), [(9, UnknownVersion), (2, VersionRejected), (1, NowhereToGo)]
)
def test_a_way_that_leads_nowhere_is_refused_by_name(to: int, error: type[Exception]) -> None:
    registry = in_service(1, 2)
    back(registry, 2)
    before = registry.route("bank")
    with pytest.raises(error):
        back(registry, 1, to=to)
    assert registry.route("bank") == before


def test_a_model_that_serves_nothing_cannot_be_rolled_back() -> None:
    with pytest.raises(ModelNotTrained):
        back(registry_with(1), 1)


def test_somebody_who_saw_another_route_is_told() -> None:
    registry = in_service(1, 2)
    with pytest.raises(Conflict, match="at revision 2, not 1"):
        back(registry, 2, expected_revision=1)
    assert back(registry, 2, expected_revision=2).champion.number == 1


def test_no_workflow_puts_a_rejected_version_in_service_again() -> None:
    registry = in_service(1, 2)
    route = back(registry, 2)
    again = put_in_service(
        "bank", 2, by="run", reason="passed", registry=registry, clock=lambda: AT
    )
    assert again == route


def test_a_person_may_and_it_is_rejected_no_longer() -> None:
    registry = in_service(1, 2)
    back(registry, 2)
    route = choose_champion(
        "bank", 2, by="alice", reason="the alarm was wrong", registry=registry, clock=lambda: AT
    )
    assert numbers(route) == (2, 1, [])
    assert registry.versions("bank")[0].status is VersionStatus.REGISTERED
    assert registry.events("bank")[0].details["restored"] == "2"
    assert back(registry, 2).champion.number == 1


def test_a_rejected_version_is_no_way_back_for_others() -> None:
    registry = in_service(1, 2, 3, 1, 3)
    assert numbers(back(registry, 3)) == (1, 2, [])
    assert numbers(back(registry, 1)) == (2, None, [])


def test_a_rollout_that_runs_ends_with_it() -> None:
    registry = in_service(1, 2, versions=3)
    begin_rollout(a_rollout(rollout_id="r3", version=3), registry=registry, clock=lambda: AT)
    route = back(registry, 2)
    assert (route.shadow, route.challenger, route.rollout_id) == (None, None, "")
    rollout = registry.rollout("bank", "r3")
    assert rollout is not None
    assert rollout.status is RolloutStatus.SUPERSEDED
    assert registry.versions("bank")[0].status is VersionStatus.REGISTERED
