"""What the end of a workflow means for its model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.automation.decisions import Notice, Retrain
from perennial.automation.ends import (
    Ended,
    conclude,
    give_up,
    message_of,
    note_run,
    tell_of_rollout,
)
from perennial.automation.kinds import AlarmKind
from perennial.automation.reconcile import react
from perennial.automation.resume import resume
from perennial.errors import RequestError
from perennial.registry.clock import iso
from perennial.registry.records import RolloutStatus, RunStatus
from perennial.registry.routing import put_in_service
from perennial.registry.staging import end_rollout

from tests.fakes.records import a_run, a_version, an_event
from tests.unit.automation.scene import Scene, a_spec

SPEC = a_spec(retraining={"failures": 2, "cooldown": "1h"})


@pytest.fixture
def scene() -> Scene:
    """A retraining was ordered."""
    scene = Scene()
    scene.serves(1, 2)
    order(scene)
    return scene


def order(scene: Scene) -> str:
    """Drift has a retraining ordered; its id."""
    scene.later(hours=2)
    scene.goes_on(AlarmKind.DRIFT)
    decided = react("bank", SPEC, scene.ports())
    assert [type(each) for each in decided] == [Retrain]
    scene.goes_off(AlarmKind.DRIFT)
    return ordered(scene)


def ordered(scene: Scene) -> str:
    return scene.registry.automation("bank").retraining_run


def run_begins(scene: Scene, run_id: str) -> None:
    scene.registry.create_run(a_run(run_id))
    note_run("bank", ordered(scene), run_id, scene.ports())


def run_ends(scene: Scene, run_id: str, status: RunStatus, reason: str = "") -> None:
    scene.registry.update_run(
        "bank", run_id, at=iso(scene.now), status=status, reason=reason or None
    )


def failure(message: str = "40 of 1000 outcomes") -> str:
    return "GatherTrainingData: " + json.dumps({"errorMessage": message, "errorType": "X"})


def test_the_run_of_a_retraining_is_remembered(scene: Scene) -> None:
    run_begins(scene, "r")
    assert ordered(scene) == "r"
    note_run("bank", "another", "s", scene.ports())
    assert ordered(scene) == "r"


def test_too_little_to_train_on_is_told_once_and_no_failure(scene: Scene) -> None:
    name = ordered(scene)
    for _ in range(3):
        give_up("bank", name, "NotEnoughOutcomes", failure(), SPEC, scene.ports())
    record = scene.registry.automation("bank")
    assert (record.failures, record.retraining_run) == (0, "")
    assert scene.board.subjects.count("bank: there was too little to train on") == 1
    assert "40 of 1000 outcomes" in scene.board.told[-1][1]
    assert scene.history()[0] == "retraining_skipped"


@pytest.mark.parametrize("error", ["Unforeseen", "States.Timeout", "UnknownModel"])
def test_a_retraining_that_broke_is_a_failure(scene: Scene, error: str) -> None:
    name = ordered(scene)
    for _ in range(3):
        give_up("bank", name, error, failure("it broke"), SPEC, scene.ports())
    assert scene.registry.automation("bank").failures == 1
    assert scene.history()[0] == "retraining_failed"


def test_retrainings_that_keep_failing_stop_automation(scene: Scene) -> None:
    give_up("bank", ordered(scene), "Unforeseen", failure(), SPEC, scene.ports())
    order(scene)
    run_begins(scene, "gated")
    run_ends(scene, "gated", RunStatus.GATED, "log_loss 0.9 is above 0.5")
    react("bank", SPEC, scene.ports())
    halted = scene.registry.automation("bank").halted
    assert halted.startswith("2 retrainings in a row brought no version into service")
    assert "log_loss 0.9 is above 0.5" in halted
    assert scene.history()[0] == "retraining_failed"
    scene.later(hours=2)
    scene.goes_on(AlarmKind.DRIFT)
    assert react("bank", SPEC, scene.ports()) == ()


def test_a_version_in_service_forgives_earlier_failures(scene: Scene) -> None:
    give_up("bank", ordered(scene), "Unforeseen", failure(), SPEC, scene.ports())
    order(scene)
    scene.registry.create_run(a_run("good"))
    note_run("bank", ordered(scene), "good", scene.ports())
    scene.registry.register_version(a_version("good"), an_event())
    serve_latest(scene)
    run_ends(scene, "good", RunStatus.SUCCEEDED)
    react("bank", SPEC, scene.ports())
    record = scene.registry.automation("bank")
    assert (record.failures, record.retraining_run) == (0, "")
    assert scene.board.subjects[-1] == "bank: a retraining has ended"


def serve_latest(scene: Scene) -> None:
    put_in_service(
        "bank",
        scene.registry.versions("bank")[0].number,
        by="workflow",
        reason="new",
        registry=scene.registry,
        clock=lambda: iso(scene.now),
    )


@pytest.mark.parametrize(
    ("status", "failures", "ended"),
    [
        (RolloutStatus.REJECTED, 1, True),
        (RolloutStatus.ENDED, 0, True),
        (None, 0, False),
    ],
)
def test_a_rollout_decides_whether_a_retraining_failed(
    scene: Scene, status: RolloutStatus | None, failures: int, ended: bool
) -> None:
    rollout = scene.rolls_out(3)
    note_run("bank", ordered(scene), "run3", scene.ports())
    if status is not None:
        end_rollout(
            "bank",
            rollout.rollout_id,
            status,
            by="judge",
            reason="worse",
            registry=scene.registry,
            clock=lambda: iso(scene.now),
        )
    react("bank", SPEC, scene.ports())
    record = scene.registry.automation("bank")
    assert (record.failures, record.retraining_run == "") == (failures, ended)


def rollback(status: str, by: str = "automation", why: str = "") -> Ended:
    told = {"model": "bank", "from_version": 2, "by": by, "reason": "r"}
    return Ended("rollback", "bank-2", status, told, why)


def test_after_a_rollback_alarms_are_looked_at_a_second_time(scene: Scene) -> None:
    for _ in range(2):
        conclude("bank", rollback("SUCCEEDED"), SPEC, scene.ports())
    assert [*scene.second_look.started.values()] == [{"model": "bank", "settled": 2}]


def test_a_rollback_that_failed_asks_a_person_once(scene: Scene) -> None:
    why = 'NowhereToGo: {"errorMessage": "version 2 of bank has no good one before it"}'
    for _ in range(3):
        conclude("bank", rollback("FAILED", why=why), SPEC, scene.ports())
    assert "no good one before it" in scene.registry.automation("bank").halted
    assert len([s for s in scene.board.subjects if "a person is needed" in s]) == 1


def test_a_persons_own_rollback_that_failed_is_told_and_stops_nothing(scene: Scene) -> None:
    for _ in range(3):
        conclude("bank", rollback("TIMED_OUT", by="alice"), SPEC, scene.ports())
    assert scene.registry.automation("bank").halted == ""
    assert scene.board.subjects.count("bank: a rollback broke off") == 1


def test_a_retraining_that_was_aborted_is_accounted_for(scene: Scene) -> None:
    ended = Ended("retraining", ordered(scene), "ABORTED", {"model": "bank"})
    conclude("bank", ended, SPEC, scene.ports())
    record = scene.registry.automation("bank")
    assert (record.failures, record.retraining_run) == (1, "")


def test_the_end_of_a_rollout_is_told_once(scene: Scene) -> None:
    scene.rolls_out(3)
    for _ in range(3):
        tell_of_rollout("bank", Notice("version 3 serves now", "Why: better."), scene.ports())
    assert scene.board.subjects.count("version 3 serves now") == 1


def test_of_a_rollout_that_an_alarm_ended_people_hear_once(scene: Scene) -> None:
    scene.rolls_out(3)
    scene.later(minutes=1)
    scene.goes_on(AlarmKind.ERRORS)
    react("bank", SPEC, scene.ports())
    before = len(scene.board.told)
    tell_of_rollout("bank", Notice("version 3 was rejected", "Why: errors."), scene.ports())
    assert len(scene.board.told) == before


def test_a_person_lets_automation_go_on_and_is_named() -> None:
    scene = Scene()
    scene.serves(1)
    scene.goes_on(AlarmKind.ERRORS)
    react("bank", SPEC, scene.ports())
    arguments: dict[str, Any] = {"registry": scene.registry, "clock": lambda: iso(scene.now)}
    resumed = resume("bank", by="alice", reason="mended", **arguments)
    assert (resumed.halted, resumed.failures, resumed.rollbacks) == ("", 0, ())
    newest = scene.registry.events("bank")[0]
    assert (newest.what, newest.by, newest.reason) == ("automation_resumed", "alice", "mended")


def test_what_has_not_stopped_cannot_be_resumed(scene: Scene) -> None:
    with pytest.raises(RequestError, match="nothing is stopped"):
        resume("bank", by="alice", reason="r", registry=scene.registry, clock=lambda: "")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ('GatherTrainingData: {"errorMessage": "too few"}', "too few"),
        ('X: {"errorMessage": "a: b"}', "a: b"),
        ("StartTraining: no answer", "no answer"),
        ('{"errorMessage": "cut sho', '{"errorMessage": "cut sho'),
        ("States.Timeout", "States.Timeout"),
        ("", ""),
    ],
)
def test_what_an_error_says_is_found_in_its_cause(cause: str, said: str) -> None:
    assert message_of(cause) == said
