"""The functions of the workflow that wait for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from perennial.automation.accounting import account
from perennial.registry.lifecycle import revised
from perennial.registry.records import ApprovalStatus, RunStatus

from functions.approve import handler as approve
from functions.route import handler as route
from tests.fakes.workflow import RecordingWorkflow
from tests.unit.approval.desk import BOB, Desk
from tests.unit.evaluation.scenario import a_spec


@dataclass
class Topic:
    """What people were told."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def publish(self, subject: str, text: str) -> None:
        self.told.append((subject, text))


@dataclass
class Scene:
    """The functions around one model whose spec asks for approval."""

    desk: Desk
    topic: Topic

    def call(self, step: str, version: int, **more: Any) -> dict[str, Any]:
        event = {"model": "bank", "version": version, "step": step, **more}
        answer: dict[str, Any] = approve.handler(event, None)
        return answer

    def routes(self, version: int) -> dict[str, Any]:
        event = {"model": "bank", "version": version, "run_id": "r0", "by": "AIDA1"}
        answer: dict[str, Any] = route.handler(event, None)
        return answer


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scene:
    spec = a_spec("binary", name="bank", approval="manual")
    (tmp_path / "bank.json").write_text(spec.model_dump_json())
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path))
    made = Scene(Desk(), Topic())
    monkeypatch.setattr(approve, "ports", lambda: (made.desk.registry, made.topic))
    monkeypatch.setattr(approve, "resume_waiting", made.desk.resumed.append)
    monkeypatch.setattr(approve, "now", made.desk.clock)
    monkeypatch.setattr(route, "ports", lambda: (made.desk.registry, RecordingWorkflow()))
    monkeypatch.setattr(route, "now", made.desk.clock)
    return made


def test_a_version_that_needs_an_approval_is_not_put_in_service(scene: Scene) -> None:
    number = scene.desk.trains()
    assert scene.routes(number) == {"version": 1, "waits": 7 * 86_400}
    assert scene.desk.registry.route("bank") is None
    approval = scene.desk.registry.approval("bank", number)
    assert approval is not None
    assert approval.status is ApprovalStatus.PENDING


def test_an_approved_version_is_put_in_service(scene: Scene) -> None:
    number = scene.desk.trains()
    scene.routes(number)
    scene.desk.says(number)
    assert scene.routes(number)["champion"] == number


def test_asking_keeps_the_token_and_tells_people(scene: Scene) -> None:
    number = scene.desk.trains()
    answer = scene.call("ask", number, token="secret")
    assert scene.desk.registry.token("bank", number) == "secret"
    ((subject, text),) = scene.topic.told
    assert subject == "bank: version 1 waits for an approval"
    assert "secret" not in text + str(answer)


def test_what_is_decided_before_the_question_arrives_is_not_waited_for(scene: Scene) -> None:
    number = scene.desk.trains()
    scene.routes(number)
    scene.desk.says(number)
    scene.call("ask", number, token="late")
    assert scene.desk.resumed[-1] == "late"
    assert scene.topic.told == []


def test_the_end_of_the_wait_says_who_approved(scene: Scene) -> None:
    number = scene.desk.waits()
    scene.desk.says(number, reason="fine by me")
    answer = scene.call("settle", number)
    assert (answer["status"], answer["by"]) == ("APPROVED", BOB.arn)
    assert answer["reason"] == f"approved by {BOB.arn}: fine by me"
    assert [subject for subject, _ in scene.topic.told] == [
        "bank: version 1 is approved and comes into service"
    ]


def test_a_wait_that_somebody_else_ended_goes_on(scene: Scene) -> None:
    number = scene.desk.waits()
    answer = scene.call("settle", number)
    assert (answer["status"], answer["seconds"]) == ("PENDING", 7 * 86_400)
    assert scene.topic.told == []


def test_the_wait_for_a_model_that_was_removed_ends(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    number = scene.desk.waits()
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path / "none"))
    assert scene.call("settle", number)["status"] == "EXPIRED"


def test_people_hear_that_an_approved_version_does_not_serve(scene: Scene) -> None:
    number = scene.desk.waits()
    scene.desk.says(number)
    scene.call("tell", number, reason="Conflict")
    ((subject, text),) = scene.topic.told
    assert subject == "bank: version 1 is approved and does not serve"
    assert "Conflict" in text


def test_a_retraining_that_waits_for_people_is_under_way(scene: Scene) -> None:
    """And no failure, until they say no."""
    desk = scene.desk
    number = desk.waits("automation", trigger="alarm")
    run = desk.registry.run("bank", "r0")
    assert run is not None
    desk.registry._runs["bank", "r0"] = revised(run, at=desk.at, status=RunStatus.SUCCEEDED)
    assert account("bank", "r0", None, desk.registry) is None
    desk.says(number, decision="reject", reason="unfair")
    ended = account("bank", "r0", None, desk.registry)
    assert ended is not None
    assert ended.serves is False
    assert "was rejected: unfair" in ended.sentence
