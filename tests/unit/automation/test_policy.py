"""What is done about the alarms of a model, and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from perennial.automation.decisions import Decision, EndRollout, Halt, Hold, Retrain, RollBack
from perennial.automation.kinds import CAUSES, HARMS, AlarmKind
from perennial.automation.reconcile import react
from perennial.automation.situation import SETTLING_SLOWLY
from perennial.registry.clock import iso
from perennial.registry.records import RolloutStatus, VersionStatus
from perennial.registry.routing import roll_back

from tests.fakes.records import a_run
from tests.unit.automation.scene import Scene, a_spec


def acted(scene: Scene, **sections: Any) -> list[type]:
    """The decisions of one call."""
    return [type(each) for each in reacted(scene, **sections)]


def reacted(scene: Scene, settled: int = 0, **sections: Any) -> tuple[Decision, ...]:
    return react("bank", a_spec(**sections), scene.ports(), settled=settled)


def taken_back(scene: Scene) -> None:
    """The rollback that was ordered takes place."""
    (told,) = [*scene.rollback.started.values()][-1:]
    roll_back(
        "bank",
        int(str(told["from_version"])),
        by="automation",
        reason=str(told["reason"]),
        registry=scene.registry,
        clock=lambda: iso(scene.now),
    )


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.serves(1, 2)
    return scene


def test_without_alarms_nothing_is_done(scene: Scene) -> None:
    assert acted(scene) == []
    assert scene.registry.automation("bank").revision == 0
    assert scene.board.told == []


@pytest.mark.parametrize("kind", CAUSES)
def test_decay_starts_a_retraining(scene: Scene, kind: AlarmKind) -> None:
    scene.goes_on(kind)
    assert acted(scene) == [Retrain]
    ((name, told),) = scene.retraining.started.items()
    assert told["model"] == "bank"
    assert told["retraining_id"] == name
    assert scene.history()[0] == "retraining_ordered"


def test_what_looks_back_for_hours_is_not_held_against_what_came_since(scene: Scene) -> None:
    """It is looked at again, once, when it is about nothing else any more."""
    scene.moves_on(3)
    scene.later(minutes=30)
    scene.goes_on(AlarmKind.RECURRING_ERRORS)
    for _ in range(2):
        assert acted(scene) == []
    ((name, told),) = scene.second_look.started.items()
    assert (name, told["settled"], told["wait_seconds"]) == ("bank-3-slow", 3, SETTLING_SLOWLY)
    assert reacted(scene, settled=3) == ()  # the first look, eight minutes after a rollback
    scene.later(seconds=SETTLING_SLOWLY)
    (decided,) = reacted(scene, settled=3)
    assert isinstance(decided, RollBack)
    assert (decided.from_version, decided.to_version) == (3, 2)
    assert "hour after hour" in decided.cause


def test_a_rollback_is_not_followed_by_another_for_the_same_requests(scene: Scene) -> None:
    scene.later(hours=4)
    scene.goes_on(AlarmKind.ERRORS, AlarmKind.RECURRING_ERRORS)
    assert acted(scene) == [RollBack]
    taken_back(scene)
    scene.goes_off(AlarmKind.ERRORS)
    scene.later(minutes=10)
    assert reacted(scene, settled=3) == ()
    assert not scene.registry.automation("bank").halted


@pytest.mark.parametrize("kind", HARMS)
def test_harm_takes_the_version_back(scene: Scene, kind: AlarmKind) -> None:
    scene.later(seconds=SETTLING_SLOWLY)
    scene.goes_on(kind)
    assert acted(scene) == [RollBack]
    (told,) = scene.rollback.started.values()
    assert (told["model"], told["from_version"]) == ("bank", 2)
    assert scene.retraining.started == {}


@pytest.mark.parametrize("kind", [AlarmKind.QUALITY, AlarmKind.SILENT, AlarmKind.OVER_BUDGET])
def test_what_only_tells_people_leads_to_no_action(scene: Scene, kind: AlarmKind) -> None:
    scene.goes_on(kind)
    assert acted(scene) == []


def test_harm_comes_before_decay(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT, AlarmKind.ERRORS)
    decided = acted(scene)
    assert decided[0] is RollBack


def test_a_spec_may_keep_an_alarm_from_retraining(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    assert acted(scene, retraining={"on": ["performance"]}) == []
    scene.goes_on(AlarmKind.BELOW_FLOOR)
    assert acted(scene, retraining={"on": ["performance"]}) == [Retrain]


def test_data_that_is_not_in_order_is_not_trained_on(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT, AlarmKind.QUALITY)
    assert acted(scene) == []
    scene.goes_off(AlarmKind.QUALITY)
    assert acted(scene) == [Retrain]


def test_a_report_tells_of_bad_data_before_its_alarm_does(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    scene.says("drift", "quality")
    assert acted(scene) == []


def test_a_retraining_waits_for_the_one_under_way(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    acted(scene)
    scene.later(days=30)
    assert acted(scene) == []
    assert len(scene.retraining.started) == 1


def test_a_retraining_waits_for_a_training_that_somebody_else_started(scene: Scene) -> None:
    scene.registry.create_run(a_run("theirs"))
    scene.goes_on(AlarmKind.DRIFT)
    assert acted(scene) == []
    assert "training that is under way" in scene.registry.automation("bank").held


def test_a_retraining_waits_for_a_rollout(scene: Scene) -> None:
    scene.rolls_out(3)
    scene.goes_on(AlarmKind.DRIFT)
    assert acted(scene) == []
    assert "rollout of version 3" in scene.registry.automation("bank").held


def test_a_cooldown_lies_between_two_retrainings(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    acted(scene)
    forget_run(scene)
    scene.later(hours=23)
    assert acted(scene) == []
    scene.later(hours=2)
    assert acted(scene) == [Retrain]


def test_a_week_has_a_budget_of_retrainings(scene: Scene) -> None:
    rules = {"retraining": {"cooldown": "1h", "per_week": 2}}
    scene.goes_on(AlarmKind.DRIFT)
    for _ in range(2):
        assert acted(scene, **rules) == [Retrain]
        forget_run(scene)
        scene.later(hours=2)
    assert acted(scene, **rules) == []
    assert "2 in seven days" in scene.registry.automation("bank").held
    scene.later(days=7)
    assert acted(scene, **rules) == [Retrain]


def forget_run(scene: Scene) -> None:
    """The retraining has ended, and it did not matter how."""
    present = scene.registry.automation("bank")
    scene.registry.save_automation(
        replace(present, revision=present.revision + 1, retraining_run="")
    )


def test_what_waits_is_told_once(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT, AlarmKind.QUALITY)
    for _ in range(4):
        acted(scene)
        scene.later(minutes=1)
    assert scene.board.subjects == ["bank: something is due and waits"]


def test_a_rollout_is_ended_before_its_champion_is_blamed(scene: Scene) -> None:
    rollout = scene.rolls_out(3)
    scene.goes_on(AlarmKind.ERRORS)
    assert acted(scene) == [EndRollout]
    ended = scene.registry.rollout("bank", rollout.rollout_id)
    version = scene.registry.version("bank", 3)
    route = scene.registry.route("bank")
    assert ended is not None
    assert version is not None
    assert route is not None
    assert ended.status is RolloutStatus.REJECTED
    assert version.status is VersionStatus.REJECTED
    assert (route.champion.number, route.challenger) == (2, None)
    assert scene.rollback.started == {}


def test_harm_that_outlasts_its_rollout_takes_the_champion_back(scene: Scene) -> None:
    scene.rolls_out(3)
    scene.goes_on(AlarmKind.ERRORS)
    scene.later(seconds=1)
    acted(scene)
    assert acted(scene) == []  # the alarm is from before
    ((_, told),) = scene.second_look.started.items()
    scene.later(minutes=8)
    assert [type(each) for each in reacted(scene, settled=int(str(told["settled"])))] == [RollBack]


def test_an_old_verdict_about_another_version_takes_nothing_back(scene: Scene) -> None:
    scene.goes_on(AlarmKind.COLLAPSED)
    scene.later(minutes=1)
    acted(scene)
    scene.later(minutes=1)
    taken_back(scene)
    scene.says("collapse", version=2)
    route = scene.registry.route("bank")
    assert route is not None
    assert [*reacted(scene, settled=route.revision)] == []


def test_a_verdict_that_a_new_report_repeats_counts_again(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    scene.later(minutes=1)
    scene.moves_on(3)
    assert acted(scene) == []
    scene.says("drift")
    assert acted(scene) == [Retrain]


def test_a_report_on_the_version_before_is_no_reason(scene: Scene) -> None:
    scene.later(minutes=1)
    scene.goes_on(AlarmKind.COLLAPSED)
    scene.says("collapse", version=1)
    assert acted(scene) == []


def test_a_new_version_that_fails_at_once_is_taken_back_at_once(scene: Scene) -> None:
    scene.moves_on(3)
    scene.later(minutes=3)
    scene.goes_on(AlarmKind.ERRORS)
    assert acted(scene) == [RollBack]


def test_an_alarm_that_follows_on_a_rollback_takes_back_no_good_version(scene: Scene) -> None:
    scene.goes_on(AlarmKind.ERRORS)
    scene.later(seconds=1)
    acted(scene)
    taken_back(scene)
    scene.goes_off(AlarmKind.ERRORS)
    scene.later(minutes=1)
    scene.goes_on(AlarmKind.LATENCY)  # of the requests before
    assert acted(scene) == []


def test_a_second_rollback_in_a_short_time_is_the_last(scene: Scene) -> None:
    scene = Scene()
    scene.serves(1, 2, 3)
    scene.goes_on(AlarmKind.ERRORS)
    scene.later(seconds=1)
    assert acted(scene) == [RollBack]
    taken_back(scene)
    scene.later(hours=1)
    scene.goes_on(AlarmKind.ERRORS)
    decided = reacted(scene)
    assert [type(each) for each in decided] == [RollBack]
    assert scene.registry.automation("bank").halted
    taken_back(scene)
    route = scene.registry.route("bank")
    assert route is not None
    assert route.champion.number == 1
    scene.later(hours=1)
    scene.goes_on(AlarmKind.ERRORS, AlarmKind.DRIFT)
    assert acted(scene) == []
    assert "second rollback" in scene.registry.automation("bank").halted
    assert scene.board.subjects[-1] == "bank: version 2 is taken back, and automation stops"


def test_two_rollbacks_far_apart_are_no_flapping() -> None:
    scene = Scene()
    scene.serves(1, 2, 3)
    scene.goes_on(AlarmKind.ERRORS)
    scene.later(seconds=1)
    acted(scene)
    taken_back(scene)
    scene.later(days=2)
    scene.goes_on(AlarmKind.ERRORS)
    decided = reacted(scene)
    assert [type(each) for each in decided] == [RollBack]
    assert not scene.registry.automation("bank").halted


def test_with_nowhere_to_go_back_to_a_person_is_asked() -> None:
    scene = Scene()
    scene.serves(1)
    scene.goes_on(AlarmKind.ERRORS)
    decided = reacted(scene)
    assert [type(each) for each in decided] == [Halt]
    assert scene.registry.automation("bank").halted
    assert scene.rollback.started == {}
    assert scene.board.subjects == ["bank: nothing is done by itself any more; a person is needed"]
    assert acted(scene) == []
    assert len(scene.board.told) == 1


def test_a_person_may_have_forbidden_to_take_back(scene: Scene) -> None:
    scene.goes_on(AlarmKind.ERRORS)
    assert acted(scene, rollback={"automatic": False}) == []
    assert scene.rollback.started == {}
    assert "rollback.automatic is off" in scene.board.told[0][1]


def test_a_model_that_was_never_trained_is_left_alone() -> None:
    scene = Scene()
    scene.goes_on(AlarmKind.ERRORS, AlarmKind.DRIFT)
    assert acted(scene) == []


def test_a_hold_is_no_action(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT, AlarmKind.QUALITY)
    assert Hold not in acted(scene)
