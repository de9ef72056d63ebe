"""What every registry promises about routes in motion, rollouts and automation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.errors import Conflict
from perennial.registry.records import (
    Automation,
    RolloutStatus,
    Route,
    RoutedVersion,
    VersionStatus,
)
from perennial.registry.store import Registry

from tests.fakes.records import a_rollout, a_route, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.unit.adapters.conftest import TABLE

CHALLENGER = RoutedVersion(2, "e" * 64, "s3://artifacts/artifacts/bank/e.zip")


@pytest.fixture(params=["memory", "dynamodb"])
def registry(request: pytest.FixtureRequest) -> Registry:
    if request.param == "memory":
        return InMemoryRegistry()
    return DynamoRegistry(TABLE, request.getfixturevalue("dynamodb"))


def registered(registry: Registry, versions: int) -> None:
    for number in range(versions):
        registry.create_run(a_run(str(number)))
        registry.register_version(a_version(str(number)), an_event())


def a_split(**given: object) -> Route:
    split = a_route(2, challenger=CHALLENGER, share=0.25, rollout_id="r2")
    return replace(split, **given)  # type: ignore[arg-type]


def test_a_route_keeps_challenger_shadow_and_the_good_ones_before(registry: Registry) -> None:
    earlier = (replace(CHALLENGER, number=8), replace(CHALLENGER, number=7))
    registry.set_route(a_route(), an_event("route_changed"))
    registry.set_route(a_split(earlier=earlier), an_event("route_changed"))
    assert registry.route("bank") == a_split(earlier=earlier)
    shadowed = a_route(3, shadow=CHALLENGER, rollout_id="r2", share=0.0)
    registry.set_route(shadowed, an_event("route_changed"))
    assert registry.route("bank") == shadowed


def test_a_share_that_is_whole_stays_a_share(registry: Registry) -> None:
    registry.set_route(a_route(), an_event("route_changed"))
    registry.set_route(a_split(share=1.0), an_event("route_changed"))
    found = registry.route("bank")
    assert found is not None
    assert isinstance(found.share, float)


def test_route_rollout_rejection_and_event_are_written_together(registry: Registry) -> None:
    registered(registry, 2)
    registry.set_route(a_route(), an_event("route_changed"))
    registry.save_rollout(a_rollout())
    ended = a_rollout(2, status=RolloutStatus.REJECTED)
    route = a_route(2)
    registry.set_route(route, an_event("rollout_ended"), rollout=ended, rejected=[2])
    assert registry.route("bank") == route
    assert registry.rollout("bank", "r2") == ended
    assert [v.status for v in registry.versions("bank")] == [
        VersionStatus.REJECTED,
        VersionStatus.REGISTERED,
    ]
    assert registry.events("bank")[0].what == "rollout_ended"


def _stale_route(registry: Registry) -> None:
    registry.set_route(
        a_route(1, champion=9), an_event("x"), rollout=a_rollout(2, step=1), rejected=[2]
    )


def _stale_rollout(registry: Registry) -> None:
    registry.set_route(a_split(), an_event("x"), rollout=a_rollout(1, step=1), rejected=[2])


def _stale_rollout_of_its_own(registry: Registry) -> None:
    registry.save_rollout(a_rollout(1, step=1), an_event("x"))


def _rollout_of_the_future(registry: Registry) -> None:
    registry.save_rollout(a_rollout(3), an_event("x"))


def _stale_automation(registry: Registry) -> None:
    registry.save_automation(Automation("bank", 1, halted="other"), an_event("x"))


@pytest.mark.parametrize(
    "write",
    [
        _stale_route,
        _stale_rollout,
        _stale_rollout_of_its_own,
        _rollout_of_the_future,
        _stale_automation,
    ],
)
def test_a_stale_writer_is_told_and_changes_nothing(
    registry: Registry, write: Callable[[Registry], None]
) -> None:
    registered(registry, 2)
    registry.set_route(a_route(), an_event("route_changed"))
    registry.save_rollout(a_rollout())
    registry.save_automation(Automation("bank", 1))
    before = _everything(registry)
    with pytest.raises(Conflict, match="changed by somebody else first"):
        write(registry)
    assert _everything(registry) == before


def test_a_rejected_version_may_be_restored(registry: Registry) -> None:
    registered(registry, 1)
    registry.set_route(a_route(), an_event("rolled_back"), rejected=[1])
    registry.set_route(a_route(2), an_event("route_changed"), restored=[1])
    assert [v.status for v in registry.versions("bank")] == [VersionStatus.REGISTERED]


def test_a_version_nobody_knows_is_not_rejected(registry: Registry) -> None:
    with pytest.raises(LookupError, match="bank has no version 7"):
        registry.set_route(a_route(), an_event("route_changed"), rejected=[7])
    assert registry.route("bank") is None
    assert registry.events("bank") == []


def test_a_write_whose_reply_was_lost_may_be_repeated(registry: Registry) -> None:
    registered(registry, 2)
    for _ in range(2):
        registry.save_rollout(a_rollout(), an_event("rollout_began"))
    for _ in range(2):
        registry.set_route(a_route(), an_event("route_changed"), rejected=[2])
    for _ in range(2):
        registry.save_automation(Automation("bank", 1, failures=1), an_event("halted"))
    assert [e.what for e in registry.events("bank")] == [
        "halted",
        "route_changed",
        "rollout_began",
        "version_registered",
        "version_registered",
    ]


def test_rollouts_come_newest_first(registry: Registry) -> None:
    for second in (3, 1, 2):
        began = f"2026-01-01T00:00:0{second}.000Z"
        registry.save_rollout(a_rollout(rollout_id=f"r{second}", began_at=began))
    registry.save_rollout(a_rollout(model="other"))
    assert [r.rollout_id for r in registry.rollouts("bank")] == ["r3", "r2", "r1"]
    assert [r.rollout_id for r in registry.rollouts("bank", limit=1)] == ["r3"]
    assert registry.rollouts("nobody") == []
    assert registry.rollout("bank", "r9") is None


def test_a_rollout_keeps_every_field(registry: Registry) -> None:
    registry.save_rollout(a_rollout())
    whole = a_rollout(2, status=RolloutStatus.PAUSED, step=1, reason="é", findings='{"p": 0.5}')
    assert registry.save_rollout(whole, an_event("rollout_step")) == whole
    assert registry.rollout("bank", "r2") == whole
    assert [e.what for e in registry.events("bank")] == ["rollout_step"]


def test_automation_begins_with_nothing_and_keeps_every_field(registry: Registry) -> None:
    assert registry.automation("bank") == Automation("bank")
    done = Automation(
        "bank",
        revision=1,
        halted="flapping",
        halted_at="t",
        retrainings=("a", "b"),
        rollbacks=("c",),
        failures=2,
        retraining_run="run",
        updated_at="t",
    )
    assert registry.save_automation(done, an_event("halted")) == done
    assert registry.automation("bank") == done
    assert registry.automation("other") == Automation("other")
    followed = replace(done, revision=2, halted="", retrainings=())
    registry.save_automation(followed)
    assert registry.automation("bank") == followed
    assert len(registry.events("bank")) == 1


def test_a_line_of_history_may_stand_alone(registry: Registry) -> None:
    registry.set_route(a_route(), an_event("route_changed"))
    registry.tell(an_event("route_proven", subject="route 1"))
    told = [(e.sequence, e.what) for e in registry.events("bank")]
    assert told == [(2, "route_proven"), (1, "route_changed")]


def _everything(registry: Registry) -> tuple[object, ...]:
    return (
        registry.route("bank"),
        registry.rollouts("bank"),
        registry.automation("bank"),
        registry.versions("bank"),
        registry.events("bank"),
    )
