"""The function `react`: from the events AWS sends to what is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.automation.kinds import AlarmKind, alarm_name

from functions.react import handler as react
from tests.fakes.records import a_run
from tests.unit.automation.scene import PREFIX, Scene, a_spec


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scene:
    """The model `bank` is deployed, and a version serves."""
    (tmp_path / "bank.json").write_text(a_spec().model_dump_json())
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path))
    monkeypatch.setenv("PERENNIAL_PREFIX", PREFIX)
    scene = Scene()
    scene.serves(1, 2)
    monkeypatch.setattr(react, "ports", scene.ports)
    return scene


def alarm_event(name: str) -> dict[str, Any]:
    state = {"value": "ALARM", "timestamp": "2026-03-01T12:00:00.000+0000"}
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "detail": {"alarmName": name, "state": state},
    }


def end_event(workflow: str, status: str, **told: object) -> dict[str, Any]:
    return {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {
            "stateMachineArn": f"arn:aws:states:eu-central-1:1:stateMachine:{PREFIX}-{workflow}",
            "name": "bank-2",
            "status": status,
            "input": json.dumps({"model": "bank", **told}),
            "error": None,
            "cause": None,
        },
    }


def test_an_alarm_of_a_model_is_acted_on(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    event = alarm_event(alarm_name(PREFIX, "bank", AlarmKind.DRIFT))
    assert react.handler(event, None) == {"model": "bank", "actions": ["Retrain"]}
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["model"] for line in counted if "Retrainings" in line] == ["bank"]


def test_the_state_of_alarms_is_looked_up_and_never_taken_from_the_event(scene: Scene) -> None:
    event = alarm_event(alarm_name(PREFIX, "bank", AlarmKind.ERRORS))
    assert react.handler(event, None)["actions"] == []


@pytest.mark.parametrize("name", ["perennial-training-failed", "perennial-zoo-drift", "else"])
def test_an_alarm_of_no_model_is_left_alone(scene: Scene, name: str) -> None:
    assert react.handler(alarm_event(name), None) == {"model": None, "actions": []}


def test_a_model_that_is_deployed_no_more_is_left_alone(scene: Scene) -> None:
    assert react.handler({"model": "zoo"}, None)["actions"] == []


def test_after_a_report_alarms_are_looked_at(scene: Scene) -> None:
    scene.goes_on(AlarmKind.STALE)
    assert react.handler({"model": "bank"}, None)["actions"] == ["Retrain"]


def test_the_end_of_a_training_is_accounted_for(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    react.handler({"model": "bank"}, None)
    scene.goes_off(AlarmKind.DRIFT)
    name = scene.registry.automation("bank").retraining_run
    scene.registry.create_run(a_run("r"))
    react.handler({"model": "bank", "retraining_id": name, "run_id": "r"}, None)
    assert scene.registry.automation("bank").retraining_run == "r"


def test_why_nothing_could_be_gathered_is_told(scene: Scene) -> None:
    scene.goes_on(AlarmKind.DRIFT)
    react.handler({"model": "bank"}, None)
    scene.goes_off(AlarmKind.DRIFT)
    name = scene.registry.automation("bank").retraining_run
    failed = {"error": "NotEnoughOutcomes", "cause": 'G: {"errorMessage": "40 of 1000"}'}
    react.handler({"model": "bank", "retraining_id": name, **failed}, None)
    assert scene.board.subjects[-1] == "bank: there was too little to train on"


def test_the_end_of_a_rollback_asks_for_a_second_look(scene: Scene) -> None:
    react.handler(end_event("rollback", "SUCCEEDED", by="automation", from_version=3), None)
    assert [*scene.second_look.started] == ["bank-2"]


def test_a_rollback_that_failed_stops_automation(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    react.handler(end_event("rollback", "FAILED", by="automation", from_version=2), None)
    assert "a rollback of version 2 failed" in scene.registry.automation("bank").halted
    assert "ActionsHalted" in capsys.readouterr().out


def test_what_became_of_a_rollout_is_told(scene: Scene) -> None:
    told = {"subject": "Perennial: version 3 of bank serves now", "text": "Why: better."}
    react.handler({"model": "bank", "notice": told}, None)
    react.handler({"model": "bank", "notice": None}, None)
    assert scene.board.told == [(told["subject"], told["text"])]


def test_a_route_there_has_not_been_is_not_remembered_as_settled(scene: Scene) -> None:
    react.handler({"model": "bank", "settled": 10**30}, None)
    assert scene.registry.automation("bank").settled_revision == 0


@pytest.mark.parametrize("told", ["[]", "5", "null", "{broken", "", "{}", '{"model": null}'])
def test_the_end_of_an_execution_that_somebody_started_with_anything_is_left_alone(
    scene: Scene, told: str
) -> None:
    event = end_event("rollback", "FAILED")
    event["detail"]["input"] = told
    assert react.handler(event, None)["actions"] == []
    assert scene.board.told == []


def test_settled_routes_are_remembered(scene: Scene) -> None:
    react.handler({"model": "bank", "settled": 2}, None)
    assert scene.registry.automation("bank").settled_revision == 2
