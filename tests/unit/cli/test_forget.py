"""`perennial forget` asks every model that names persons, and tells what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from cli import erasure
from cli.exits import CommandError, Exit
from cli.operator import Operator
from cli.target import Target
from tests.unit.cli.conftest import Line

RESULT: dict[str, Any] = {
    "model": "wine",
    "dry_run": False,
    "rows": {"captures": 3},
    "files": {"uploads": 1},
    "trained_versions": [2, 3],
    "unreadable": [],
    "complete": True,
}


@dataclass
class Desk:
    """What the platform answers, and what it was asked."""

    line: Line
    result: dict[str, Any] = field(default_factory=lambda: dict(RESULT))
    status: str = "SUCCEEDED"
    refusal: str = ""
    asked: list[Any] = field(default_factory=list)

    def change(self, method: str, model: str, what: str, wanted: Any) -> dict[str, Any]:
        self.asked.append((method, model, what, wanted))
        if self.refusal:
            raise CommandError(self.refusal)
        return {"model": model, "execution": "arn:execution"}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        assert executionArn == "arn:execution"
        return {"status": self.status, "output": json.dumps(self.result)}


@pytest.fixture
def desk(line: Line, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(line)
    monkeypatch.setattr(Operator, "of", lambda _: made)
    monkeypatch.setattr(Target, "client", lambda _self, _name: made)
    monkeypatch.setattr(erasure, "PAUSE", 0.0)
    return made


def test_it_says_what_is_gone_and_what_learned_from_it(desk: Desk) -> None:
    result = desk.line("forget", "anna", "--reason", "asked")
    assert result.exit_code == Exit.OK
    assert "3 rows of captures" in result.stdout
    assert "1 of the uploads, whole" in result.stdout
    assert "version 2, 3" in result.stdout
    wanted = {"id": "anna", "kind": "person", "reason": "asked", "dry_run": False}
    assert desk.asked == [("POST", "wine", "forget", wanted)]


def test_a_dry_run_says_what_would_go(desk: Desk) -> None:
    desk.result["dry_run"] = True
    result = desk.line("forget", "7", "--reason", "asked", "--dry-run", "--row")
    assert "would be removed" in result.stdout
    assert desk.asked[0][3]["dry_run"] is True
    assert desk.asked[0][3]["kind"] == "row"


def test_an_id_need_not_stand_on_the_command_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "given", lambda text: {"-": "anna"}[text])
    desk.line("forget", "-", "--reason", "asked")
    assert desk.asked[0][3]["id"] == "anna"


def test_a_person_nobody_knows_is_told_as_that(desk: Desk) -> None:
    desk.result |= {"rows": {}, "files": {}, "trained_versions": []}
    result = desk.line("forget", "nobody", "--reason", "asked")
    assert result.exit_code == Exit.OK
    assert "nothing is stored of this person" in result.stdout


def test_models_that_name_nobody_are_passed_over(desk: Desk) -> None:
    desk.refusal = "The endpoint answered 422: The spec names no person: privacy.person says…"
    result = desk.line("forget", "anna", "--reason", "asked")
    assert result.exit_code == Exit.NOT_FOUND
    assert "names persons" in result.stderr


def test_a_model_that_was_named_and_names_nobody_is_a_mistake(desk: Desk) -> None:
    desk.refusal = "The endpoint answered 422: The spec names no person: privacy.person says…"
    result = desk.line("forget", "anna", "--reason", "asked", "--model", "wine")
    assert result.exit_code == Exit.FAILED
    assert "names no person" in result.stderr


def test_what_was_written_meanwhile_is_no_success(desk: Desk) -> None:
    desk.result["complete"] = False
    result = desk.line("forget", "anna", "--reason", "asked")
    assert result.exit_code == Exit.FAILED
    assert "ask again" in result.stdout


def test_a_workflow_that_breaks_off_is_told(desk: Desk) -> None:
    desk.status = "FAILED"
    result = desk.line("forget", "anna", "--reason", "asked")
    assert result.exit_code == Exit.RUN_FAILED
    assert "ended FAILED" in result.stderr


def test_a_workflow_that_takes_long_goes_on_by_itself(desk: Desk) -> None:
    desk.status = "RUNNING"
    result = desk.line("forget", "anna", "--reason", "asked", "--timeout", "0")
    assert result.exit_code == Exit.TIMEOUT
    assert "It goes on" in result.stderr
