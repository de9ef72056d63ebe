"""A version in service that does not answer its golden rows is taken back by itself."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.automation.decisions import Decision, Halt, Hold, RollBack
from perennial.automation.ends import note_run
from perennial.automation.kinds import AlarmKind
from perennial.automation.reconcile import react
from perennial.automation.resume import resume
from perennial.registry.clock import iso
from perennial.registry.records import Event
from perennial.registry.routing import roll_back

from tests.unit.automation.scene import Scene, a_spec

WRONG = "3 of 5 golden rows were answered differently"


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.serves(1, 2)
    return scene


def proves(scene: Scene, reason: str = "") -> None:
    """A proof of the route in force, and what came of it."""
    route = scene.registry.route("bank")
    assert route is not None
    what = "route_unproven" if reason else "route_proven"
    subject = f"route {route.revision}"
    scene.registry.tell(Event("bank", 0, iso(scene.now), "proof", what, subject, reason))


def reacted(scene: Scene, **sections: Any) -> list[Decision]:
    return list(react("bank", a_spec(**sections), scene.ports()))


def takes_back(scene: Scene) -> None:
    """What the workflow `rollback` does about version 2."""
    roll_back(
        "bank",
        2,
        by="automation",
        reason="r",
        registry=scene.registry,
        clock=lambda: iso(scene.now),
    )


def test_a_new_champion_that_is_not_proven_is_taken_back_and_people_are_told(scene: Scene) -> None:
    proves(scene, WRONG)
    (decided,) = reacted(scene)
    assert isinstance(decided, RollBack)
    assert (decided.from_version, decided.to_version) == (2, 1)
    (ordered,) = scene.rollback.started.values()
    assert (ordered["from_version"], ordered["by"]) == (2, "automation")
    ((subject, text),) = scene.board.told
    assert subject == "bank: version 2 is taken back"
    assert f"Version 2 could not be proven: {WRONG}." in text


def test_however_often_it_is_heard_of_it_is_taken_back_once(scene: Scene) -> None:
    proves(scene, WRONG)
    for _ in range(3):
        reacted(scene)
    assert len(scene.rollback.started) == len(scene.board.told) == 1


def test_a_proof_that_came_right_later_takes_nothing_back(scene: Scene) -> None:
    proves(scene, WRONG)
    proves(scene)
    assert reacted(scene) == []


def test_the_proof_of_a_former_route_says_nothing_of_this_one(scene: Scene) -> None:
    proves(scene, WRONG)
    scene.moves_on(3)
    assert reacted(scene) == []


def test_the_first_version_of_a_model_is_told_of_and_stays() -> None:
    scene = Scene()
    scene.serves(1)
    proves(scene, WRONG)
    (decided,) = reacted(scene)
    assert isinstance(decided, Halt)
    assert "no good version before it" in decided.reason
    assert WRONG in decided.reason
    assert scene.rollback.started == {}


def test_what_came_back_and_is_not_proven_either_is_left_to_a_person(scene: Scene) -> None:
    scene.moves_on(3)
    proves(scene, WRONG)
    reacted(scene)
    roll_back("bank", 3, by="a", reason="r", registry=scene.registry, clock=lambda: iso(scene.now))
    proves(scene, "the endpoint did not answer with it within 20 seconds")
    (decided,) = reacted(scene)
    assert isinstance(decided, Halt)
    assert "what came back after harm was ended does no better" in decided.reason
    assert len(scene.rollback.started) == 1


def test_once_a_person_lets_automation_go_on_an_old_proof_stops_it_no_more() -> None:
    scene = Scene()
    scene.serves(1)
    proves(scene, WRONG)
    reacted(scene)
    clock = lambda: iso(scene.now)  # noqa: E731
    resume("bank", by="ada", reason="looked at", registry=scene.registry, clock=clock)
    assert reacted(scene) == []


def test_a_spec_that_takes_nothing_back_by_itself_has_it_told(scene: Scene) -> None:
    proves(scene, WRONG)
    for _ in range(2):
        assert reacted(scene, rollback={"automatic": False}) == []
    assert scene.board.subjects == ["bank: something is due and waits"]
    assert Hold.__name__ not in scene.history()


def test_a_retraining_whose_version_is_not_proven_has_failed(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    reacted(scene)
    scene.goes_off(AlarmKind.DRIFT)
    note_run("bank", scene.registry.automation("bank").retraining_run, "run3", scene.ports())
    scene.moves_on(3)
    proves(scene, WRONG)
    assert [type(each) for each in reacted(scene)] == [RollBack]
    assert scene.registry.automation("bank").failures == 1


def test_a_rollback_that_was_proven_is_still_given_time_before_its_alarms_count(
    scene: Scene,
) -> None:
    takes_back(scene)
    proves(scene)
    scene.later(minutes=1)
    scene.goes_on(AlarmKind.ERRORS)
    assert reacted(scene) == []
