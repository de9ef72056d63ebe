"""A rollout that nobody takes a step of is taken up again, and a person hears where it is not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from perennial.automation.ends import Ended, conclude
from perennial.automation.reconcile import react
from perennial.registry.clock import iso
from perennial.registry.records import Rollout, RolloutStatus
from perennial.registry.staging import note

from tests.fakes.records import an_event
from tests.unit.automation.scene import Scene, a_spec
from tests.unit.automation.test_crashes import Died, mortal

SPEC = a_spec()
AGAIN = "bank: a rollout broke off and was taken up again"
BROKEN = "bank: a rollout broke off"


@pytest.fixture
def scene() -> Scene:
    """A rollout is under way."""
    return under_way()


def under_way() -> Scene:
    scene = Scene()
    scene.serves(1, 2)
    scene.rolls_out(3)
    return scene


def ended(name: str = "r3", status: str = "FAILED") -> Ended:
    why = "StepRollout: " + json.dumps({"errorMessage": "no such column"})
    return Ended("rollout", name, status, {"model": "bank", "rollout_id": "r3"}, why)


def rollout_of(scene: Scene) -> Rollout:
    found = scene.registry.rollout("bank", "r3")
    assert found is not None
    return found


def looks(scene: Scene) -> None:
    """A step is taken, without a decision."""
    rollout = rollout_of(scene)
    changed = replace(rollout, revision=rollout.revision + 1, updated_at=iso(scene.now))
    scene.registry.save_rollout(changed, an_event("rollout_looked"))


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT"])
def test_a_rollout_that_broke_off_goes_on_where_it_stood(scene: Scene, status: str) -> None:
    for _ in range(3):
        conclude("bank", ended(status=status), SPEC, scene.ports())
    ((name, told),) = scene.rollout.started.items()
    assert name == f"r3-{rollout_of(scene).revision}-again"
    assert told == {"model": "bank", "rollout_id": "r3"}
    assert scene.board.subjects == [AGAIN]
    assert "no such column" in scene.board.told[0][1]


def test_what_breaks_again_at_the_same_place_is_left_to_a_person(scene: Scene) -> None:
    conclude("bank", ended(), SPEC, scene.ports())
    (again,) = scene.rollout.started
    conclude("bank", ended(again), SPEC, scene.ports())
    assert len(scene.rollout.started) == 1
    assert scene.board.subjects == [AGAIN, BROKEN]
    assert "perennial rollout bank --resume --reason" in scene.board.told[-1][1]


def test_what_breaks_again_after_it_went_on_is_taken_up_again(scene: Scene) -> None:
    conclude("bank", ended(), SPEC, scene.ports())
    (again,) = scene.rollout.started
    looks(scene)
    conclude("bank", ended(again), SPEC, scene.ports())
    assert len(scene.rollout.started) == 2


def test_a_rollout_that_somebody_stopped_is_not_started_against_their_will(scene: Scene) -> None:
    conclude("bank", ended(status="ABORTED"), SPEC, scene.ports())
    assert scene.rollout.started == {}
    assert scene.board.subjects == [BROKEN]


def test_an_unknown_rollout_is_told_and_starts_nothing(scene: Scene) -> None:
    told = replace(ended(), told={"model": "bank", "rollout_id": "other"})
    conclude("bank", told, SPEC, scene.ports())
    assert scene.rollout.started == {}
    assert scene.board.subjects == [BROKEN]


@pytest.mark.parametrize(
    ("minutes", "started"), [(10, 0), (30, 1)], ids=["a look may be late", "nobody looks"]
)
def test_a_rollout_whose_workflow_was_never_started_is_taken_up(
    scene: Scene, minutes: int, started: int
) -> None:
    looks(scene)
    scene.later(minutes=minutes)
    for _ in range(3):
        react("bank", SPEC, scene.ports())
    assert len(scene.rollout.started) == started


def test_a_paused_rollout_waits_for_as_long_as_its_person_likes(scene: Scene) -> None:
    looks(scene)
    note(
        "bank",
        "r3",
        RolloutStatus.PAUSED,
        by="ada",
        reason="lunch",
        registry=scene.registry,
        clock=lambda: iso(scene.now),
    )
    scene.later(days=30)
    react("bank", SPEC, scene.ports())
    assert scene.rollout.started == {}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("place", range(6))
def test_a_call_that_died_while_taking_up_is_made_good_by_the_next(place: int, after: bool) -> None:
    scene = under_way()
    with pytest.raises(Died):
        conclude("bank", ended(), SPEC, mortal(scene.ports(), place, after=after))
    conclude("bank", ended(), SPEC, scene.ports())
    assert len(scene.rollout.started) == 1
    assert set(scene.board.subjects) == {AGAIN}
    assert scene.registry.automation("bank").pending == ""
