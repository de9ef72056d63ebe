"""What every registry promises, held against the one in memory and the one on DynamoDB."""

from __future__ import annotations

from dataclasses import replace

import pytest
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.errors import Conflict
from perennial.registry.chain import Head, follow, record_digest
from perennial.registry.records import RunStatus
from perennial.registry.store import Registry

from tests.fakes.records import AT, a_route, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.unit.adapters.conftest import TABLE

LATER = "2026-01-02T03:04:06.000Z"


@pytest.fixture(params=["memory", "dynamodb"])
def registry(request: pytest.FixtureRequest) -> Registry:
    if request.param == "memory":
        return InMemoryRegistry()
    return DynamoRegistry(TABLE, request.getfixturevalue("dynamodb"))


def test_a_run_is_remembered_as_it_is(registry: Registry) -> None:
    run = a_run(seconds={"train": 1.25}, metrics={"roc_auc": 1.0}, reason="é")
    assert registry.create_run(run)
    assert registry.run("bank", "a") == run
    assert registry.run("bank", "b") is None
    assert registry.run("other", "a") is None


def test_a_run_is_created_once(registry: Registry) -> None:
    created = [registry.create_run(a_run(created_by=by)) for by in ("alice", "bob", "carol")]
    assert created == [True, False, False]
    found = registry.run("bank", "a")
    assert found is not None
    assert found.created_by == "alice"


def test_runs_come_newest_first(registry: Registry) -> None:
    for second in (3, 1, 2):
        registry.create_run(a_run(f"r{second}", created_at=f"2026-01-01T00:00:0{second}.000Z"))
    registry.create_run(a_run("foreign", model="other"))
    assert [run.run_id for run in registry.runs("bank")] == ["r3", "r2", "r1"]
    assert [run.run_id for run in registry.runs("bank", limit=2)] == ["r3", "r2"]
    assert registry.runs("nobody") == []


def test_the_oldest_waiting_run_is_next(registry: Registry) -> None:
    for second in (3, 1, 2):
        registry.create_run(a_run(f"r{second}", created_at=f"2026-01-01T00:00:0{second}.000Z"))
    found = registry.next_queued("bank")
    assert found is not None
    assert found.run_id == "r1"
    registry.update_run("bank", "r1", at=LATER, status=RunStatus.RUNNING)
    registry.update_run("bank", "r2", at=LATER, status=RunStatus.FAILED)
    found = registry.next_queued("bank")
    assert found is not None
    assert found.run_id == "r3"
    registry.update_run("bank", "r3", at=LATER, status=RunStatus.RUNNING)
    assert registry.next_queued("bank") is None


def test_a_run_that_waits_for_nothing_is_not_in_the_queue(registry: Registry) -> None:
    registry.create_run(a_run(status=RunStatus.RUNNING))
    assert registry.next_queued("bank") is None


def test_a_lease_is_held_by_one_run(registry: Registry) -> None:
    registry.create_run(a_run("a"))
    registry.create_run(a_run("b"))
    assert registry.claim_training("bank", "a", AT)
    assert registry.claim_training("bank", "a", AT)
    assert not registry.claim_training("bank", "b", AT)
    registry.release_training("bank", "b")
    assert not registry.claim_training("bank", "b", AT)
    registry.release_training("bank", "a")
    registry.release_training("bank", "a")
    assert registry.claim_training("bank", "b", AT)


def test_models_do_not_wait_for_each_other(registry: Registry) -> None:
    registry.create_run(a_run("a"))
    registry.create_run(a_run("b", model="other"))
    assert registry.claim_training("bank", "a", AT)
    assert registry.claim_training("other", "b", AT)


def test_a_run_that_has_ended_takes_no_slot(registry: Registry) -> None:
    registry.create_run(a_run("a"))
    registry.update_run("bank", "a", at=AT, status=RunStatus.FAILED)
    assert not registry.claim_training("bank", "a", AT)
    assert not registry.claim_training("bank", "nobody", AT)
    registry.create_run(a_run("b"))
    assert registry.claim_training("bank", "b", AT)


def test_a_change_touches_only_what_it_names(registry: Registry) -> None:
    registry.create_run(a_run(seconds={"validate": 1.0}))
    changed = registry.update_run(
        "bank",
        "a",
        at=LATER,
        status=RunStatus.RUNNING,
        dataset_digest="d",
        seconds={"train": 2.0},
        execution_arn="arn",
    )
    assert changed == a_run(
        status=RunStatus.RUNNING,
        updated_at=LATER,
        dataset_digest="d",
        seconds={"validate": 1.0, "train": 2.0},
        execution_arn="arn",
    )
    assert registry.run("bank", "a") == changed


def test_a_final_run_keeps_its_status_and_what_it_says(registry: Registry) -> None:
    registry.create_run(a_run())
    final = registry.update_run(
        "bank", "a", at=AT, status=RunStatus.REJECTED, reason="line 3", seconds={"validate": 1.0}
    )
    for status in RunStatus:
        assert (
            registry.update_run(
                "bank", "a", at=LATER, status=status, reason="other", seconds={"validate": 9.0}
            )
            == final
        )
    assert registry.run("bank", "a") == final


def test_a_final_run_takes_what_it_does_not_say_yet(registry: Registry) -> None:
    registry.create_run(a_run(status=RunStatus.SUCCEEDED))
    registry.update_run("bank", "a", at=LATER, reason="late", seconds={"train": 2.0})
    assert registry.run("bank", "a") == a_run(
        status=RunStatus.SUCCEEDED, reason="late", seconds={"train": 2.0}, updated_at=LATER
    )


def test_a_change_that_changes_nothing_leaves_no_trace(registry: Registry) -> None:
    registry.create_run(a_run())
    assert registry.update_run("bank", "a", at=LATER, status=RunStatus.QUEUED) == a_run()


def test_a_run_nobody_knows_cannot_be_changed(registry: Registry) -> None:
    with pytest.raises(LookupError, match="bank has no run a"):
        registry.update_run("bank", "a", at=LATER, reason="x")
    with pytest.raises(LookupError, match="bank has no run a"):
        registry.register_version(a_version(), an_event())
    assert registry.versions("bank") == []


def test_a_version_comes_with_its_run_and_its_event(registry: Registry) -> None:
    registry.create_run(a_run())
    version = registry.register_version(a_version(), an_event())
    assert version == a_version(number=1)
    assert registry.version("bank", 1) == version
    assert registry.version("bank", 2) is None
    run = registry.run("bank", "a")
    assert run == a_run(
        status=RunStatus.RUNNING,
        version=1,
        dataset_digest=version.dataset_digest,
        metrics=version.metrics,
        updated_at=version.created_at,
    )
    details = {"run_id": "a", "record_digest": record_digest(version)}
    told = follow(an_event(subject="version 1", details=details), Head())
    assert registry.events("bank") == [told]
    assert registry.next_queued("bank") is None


def test_versions_are_numbered_without_gaps(registry: Registry) -> None:
    for run_id in "abc":
        registry.create_run(a_run(run_id))
        registry.register_version(a_version(run_id), an_event())
    assert [v.number for v in registry.versions("bank")] == [3, 2, 1]
    assert [v.number for v in registry.versions("bank", limit=1)] == [3]
    assert [e.sequence for e in registry.events("bank")] == [3, 2, 1]


def test_a_run_registers_one_version_however_often_it_is_asked(registry: Registry) -> None:
    registry.create_run(a_run())
    first = registry.register_version(a_version(), an_event())
    again = registry.register_version(a_version(algorithm="linear"), an_event())
    assert again == first
    assert registry.versions("bank") == [first]
    assert len(registry.events("bank")) == 1


@pytest.mark.parametrize("status", [RunStatus.REJECTED, RunStatus.GATED, RunStatus.FAILED])
def test_a_run_that_has_ended_otherwise_registers_nothing(
    registry: Registry, status: RunStatus
) -> None:
    registry.create_run(a_run(status=status))
    with pytest.raises(Conflict, match=f"has ended {status.value}"):
        registry.register_version(a_version(), an_event())
    assert registry.versions("bank") == []
    assert registry.events("bank") == []


def test_a_route_comes_with_its_event(registry: Registry) -> None:
    assert registry.route("bank") is None
    route = a_route()
    assert registry.set_route(route, an_event("route_changed", subject="route 1")) == route
    assert registry.route("bank") == route
    followed = a_route(2, champion=2, previous=route.champion)
    registry.set_route(followed, an_event("route_changed", subject="route 2"))
    assert registry.route("bank") == followed
    assert [e.subject for e in registry.events("bank")] == ["route 2", "route 1"]
    assert [e.sequence for e in registry.events("bank", limit=1)] == [2]


@pytest.mark.parametrize("revision", [0, 1, 3])
def test_of_two_promotions_one_wins_and_the_other_is_told(
    registry: Registry, revision: int
) -> None:
    first = registry.set_route(a_route(1), an_event("route_changed"))
    with pytest.raises(Conflict):
        registry.set_route(a_route(revision, champion=9), an_event("route_changed"))
    assert registry.route("bank") == first
    assert len(registry.events("bank")) == 1


def test_history_is_one_sequence_over_versions_and_routes(registry: Registry) -> None:
    registry.create_run(a_run())
    registry.register_version(a_version(), an_event())
    registry.set_route(a_route(), an_event("route_changed"))
    told = [(e.sequence, e.what) for e in registry.events("bank")]
    assert told == [(2, "route_changed"), (1, "version_registered")]
    assert registry.events("bank")[0].details == {"run_id": "a"}


def test_a_version_keeps_every_field(registry: Registry) -> None:
    registry.create_run(a_run())
    odd = replace(
        a_version(),
        metrics={"zero": 0.0, "tiny": 1e-17, "negative": -0.1, "third": 1 / 3, "large": 1e20},
        gates=(),
    )
    assert registry.register_version(odd, an_event()) == replace(odd, number=1)
    assert registry.version("bank", 1) == replace(odd, number=1)
