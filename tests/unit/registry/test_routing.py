"""Versions come into service in order, and the last one is kept to roll back to."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.errors import Conflict, UnknownVersion
from perennial.registry.records import Event, Route
from perennial.registry.routing import ATTEMPTS, put_in_service

from tests.fakes.records import AT, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.turns import Chooser, Turns, every_order


def registry_with(versions: int) -> InMemoryRegistry:
    registry = InMemoryRegistry()
    for number in range(versions):
        registry.create_run(a_run(str(number)))
        digest = f"{number + 1}" * 64
        registry.register_version(a_version(str(number), artifact_digest=digest), an_event())
    return registry


def served(registry: Any, number: int) -> Route:
    return put_in_service(
        "bank", number, by="alice", reason="passed", registry=registry, clock=lambda: AT
    )


def test_the_first_version_comes_into_service() -> None:
    registry = registry_with(1)
    route = served(registry, 1)
    assert (route.revision, route.champion.number, route.previous) == (1, 1, None)
    assert route.champion.artifact_digest == "1" * 64
    assert registry.route("bank") == route
    event = registry.events("bank")[0]
    assert (event.what, event.subject, event.by, event.reason) == (
        "route_changed",
        "route 1",
        "alice",
        "passed",
    )
    assert event.details == {"champion": "1", "previous": ""}


def test_the_version_before_is_kept_to_roll_back_to() -> None:
    registry = registry_with(2)
    first = served(registry, 1)
    route = served(registry, 2)
    assert (route.revision, route.champion.number) == (2, 2)
    assert route.previous == first.champion


def test_repeating_it_changes_nothing() -> None:
    registry = registry_with(2)
    served(registry, 1)
    route = served(registry, 2)
    assert served(registry, 2) == route
    assert len([e for e in registry.events("bank") if e.what == "route_changed"]) == 2


def test_an_older_version_does_not_replace_a_newer_one() -> None:
    registry = registry_with(2)
    newer = served(registry, 2)
    assert served(registry, 1) == newer


def test_a_version_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownVersion, match="bank has no version 7"):
        served(registry_with(1), 7)


def test_of_two_runs_that_end_at_once_the_newer_version_serves() -> None:
    def play(choose: Chooser) -> None:
        registry, turns = registry_with(2), Turns(choose)
        gated = turns.gated(registry)
        results = turns.run(lambda: served(gated, 1), lambda: served(gated, 2))
        assert not [result for result in results if isinstance(result, Exception)]
        route = registry.route("bank")
        assert route is not None
        assert route.champion.number == 2

    assert every_order(play) >= 20


def test_endless_contention_is_told() -> None:
    class Contended(InMemoryRegistry):
        calls = 0

        def set_route(self, route: Route, event: Event, **beside: Any) -> Route:
            self.calls += 1
            raise Conflict("somebody was faster")

    registry = Contended()
    registry.create_run(a_run())
    registry.register_version(a_version(), an_event())
    with pytest.raises(Conflict):
        served(registry, 1)
    assert registry.calls == ATTEMPTS
