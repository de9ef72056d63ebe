"""Two callers at once, at every call to DynamoDB in every order: one wins, nothing is torn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.errors import Conflict
from perennial.registry.records import RunStatus

from tests.fakes.records import AT, a_route, a_run, a_version, an_event
from tests.fakes.turns import Chooser, Turns, every_order
from tests.unit.adapters.conftest import TABLE, create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class Race:
    """Actors that share a table; `registry` is that of the test itself."""

    registry: DynamoRegistry
    contestant: DynamoRegistry
    turns: Turns


@pytest.fixture
def race(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Race], None]], int]:
    """Play a scene in every order, each on an empty table."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def play_all(scene: Callable[[Race], None]) -> int:
        def play(choose: Chooser) -> None:
            dynamodb.delete_table(TableName=TABLE)
            create_table(dynamodb)
            turns = Turns(choose)
            gated = DynamoRegistry(TABLE, turns.gated(dynamodb))
            scene(Race(DynamoRegistry(TABLE, dynamodb), gated, turns))

        return every_order(play)

    return play_all


Play = Callable[[Callable[[Race], None]], int]


def test_of_two_promotions_at_once_one_wins_and_the_other_gets_a_conflict(race: Play) -> None:
    def scene(it: Race) -> None:
        it.registry.set_route(a_route(1), an_event("route_changed"))
        results = it.turns.run(
            lambda: it.contestant.set_route(a_route(2, champion=2), an_event("route_changed")),
            lambda: it.contestant.set_route(a_route(2, champion=3), an_event("route_changed")),
        )
        won = [result for result in results if not isinstance(result, Exception)]
        lost = [result for result in results if isinstance(result, Conflict)]
        assert (len(won), len(lost)) == (1, 1)
        assert it.registry.route("bank") == won[0]
        assert [event.sequence for event in it.registry.events("bank")] == [2, 1]

    assert race(scene) >= 20


def test_a_slot_claimed_twice_at_once_is_held_by_one(race: Play) -> None:
    def scene(it: Race) -> None:
        for run_id in "ab":
            it.registry.create_run(a_run(run_id))
        results = it.turns.run(
            lambda: it.contestant.claim_training("bank", "a", AT),
            lambda: it.contestant.claim_training("bank", "b", AT),
        )
        assert sorted(map(str, results)) == ["False", "True"]

    assert race(scene) >= 20


def test_a_claim_never_lands_after_its_run_has_ended(race: Play) -> None:
    def scene(it: Race) -> None:
        it.registry.create_run(a_run("a"))
        it.registry.create_run(a_run("b"))

        def end() -> None:
            it.contestant.update_run("bank", "a", at=AT, status=RunStatus.FAILED)
            it.contestant.release_training("bank", "a")

        it.turns.run(lambda: it.contestant.claim_training("bank", "a", AT), end)
        assert it.registry.claim_training("bank", "b", AT)

    assert race(scene) >= 20


def test_five_deliveries_create_one_run(race: Play) -> None:
    def scene(it: Race) -> None:
        created: list[object] = [it.registry.create_run(a_run()) for _ in range(3)]
        created += it.turns.run(*[lambda: it.contestant.create_run(a_run("b"))] * 2)
        assert created[:3] == [True, False, False]
        assert sorted(map(str, created[3:])) == ["False", "True"]
        assert len(it.registry.runs("bank")) == 2

    assert race(scene) >= 6


def test_two_runs_that_register_at_once_get_two_numbers(race: Play) -> None:
    def scene(it: Race) -> None:
        for run_id in "ab":
            it.registry.create_run(a_run(run_id))
        it.turns.run(
            lambda: it.contestant.register_version(a_version("a"), an_event()),
            lambda: it.contestant.register_version(a_version("b"), an_event()),
        )
        versions = it.registry.versions("bank")
        assert [version.number for version in versions] == [2, 1]
        assert {version.run_id for version in versions} == {"a", "b"}
        assert [event.sequence for event in it.registry.events("bank")] == [2, 1]

    assert race(scene) >= 20


def test_one_run_that_registers_twice_at_once_has_one_version(race: Play) -> None:
    def scene(it: Race) -> None:
        it.registry.create_run(a_run())
        results = it.turns.run(
            *[lambda: it.contestant.register_version(a_version(), an_event())] * 2
        )
        assert results[0] == results[1] == it.registry.version("bank", 1)
        assert len(it.registry.versions("bank")) == len(it.registry.events("bank")) == 1

    assert race(scene) >= 20


def test_a_run_that_is_aborted_while_it_registers_is_one_or_the_other(race: Play) -> None:
    def scene(it: Race) -> None:
        it.registry.create_run(a_run())
        registered, _ = it.turns.run(
            lambda: it.contestant.register_version(a_version(), an_event()),
            lambda: it.contestant.update_run("bank", "a", at=AT, status=RunStatus.FAILED),
        )
        run = it.registry.run("bank", "a")
        assert run is not None
        if isinstance(registered, Conflict):
            assert (run.status, run.version) == (RunStatus.FAILED, None)
            assert not it.registry.versions("bank")
            assert not it.registry.events("bank")
        else:
            assert run.status in (RunStatus.RUNNING, RunStatus.FAILED)
            assert run.version == 1

    assert race(scene) >= 10


def test_two_changes_of_one_run_are_both_kept(race: Play) -> None:
    def scene(it: Race) -> None:
        it.registry.create_run(a_run(status=RunStatus.RUNNING))
        it.turns.run(
            lambda: it.contestant.update_run("bank", "a", at=AT, dataset_digest="d"),
            lambda: it.contestant.update_run("bank", "a", at=AT, seconds={"train": 1.0}),
        )
        run = it.registry.run("bank", "a")
        assert run is not None
        assert (run.dataset_digest, run.seconds) == ("d", {"train": 1.0})

    assert race(scene) >= 6
