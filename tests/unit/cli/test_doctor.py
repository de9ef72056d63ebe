"""`doctor` looks at everything, survives whatever it finds, and says what to do about it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli import checks
from cli.exits import CommandError, Exit
from cli.target import Target
from tests.unit.cli.conftest import Line


@pytest.fixture(autouse=True)
def _no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"node": "v24.1.0", "cdk": "2.1148.1 (build x)"}
    monkeypatch.setattr(checks, "_said", lambda _, program, *__: answers[program])


def found(line: Line, *arguments: str) -> dict[str, Any]:
    result = line("doctor", "--json", *arguments)
    return {one["what"]: one for one in json.loads(result.stdout)}


def test_without_an_emulator_the_installation_is_looked_at(line: Line) -> None:
    findings = found(line)
    expected = ["Python", "Node", "CDK", "Setup", "Disk", "Port", "Specs", "Emulator"]
    assert list(findings) == expected
    assert findings["Specs"]["told"] == "wine"
    assert findings["Emulator"]["fine"]
    assert "perennial up" in findings["Emulator"]["told"]


def test_a_spec_with_a_mistake_is_told_with_what_to_do(line: Line) -> None:
    (line.project.models / "bad.yaml").write_text("name: bad\n")
    result = line("doctor")
    assert result.exit_code == Exit.FAILED
    assert "`perennial check` lists every mistake." in result.stdout


def test_a_program_that_is_missing_or_old_is_a_finding(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(_: object, program: str, *__: str) -> str:
        if program == "cdk":
            raise CommandError("cdk is not installed.", advice="Run `make setup`.")
        return "v18.0.0"

    monkeypatch.setattr(checks, "_said", said)
    findings = found(line)
    assert not findings["Node"]["fine"]
    assert findings["CDK"]["advice"] == "Run `make setup`."


def test_stacks_of_a_target_are_looked_at_one_by_one(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sts:
        def get_caller_identity(self) -> dict[str, str]:
            raise ConnectionError("no network")

    target = Target("Perennial", "eu-west-1")
    target._clients["sts"] = Sts()
    monkeypatch.setattr("cli.target.choose", lambda **_: target)
    statuses = {"Perennial-Storage": "CREATE_COMPLETE", "Perennial-Training": "ROLLBACK_COMPLETE"}
    monkeypatch.setattr("cli.outputs.describe", lambda _, stack: (statuses.get(stack), {}))
    findings = found(line, "--aws")
    assert not findings["Account"]["fine"]
    assert findings["Perennial-Storage"]["fine"]
    assert findings["Perennial-Training"]["told"] == "ROLLBACK_COMPLETE"
    assert findings["Perennial-Serving"]["told"] == "not deployed"
    assert "perennial deploy --aws" in findings["Perennial-Serving"]["advice"]
    assert "Perennial-Streaming" not in findings
    statuses["Perennial-Streaming"] = "UPDATE_COMPLETE"
    assert found(line, "--aws")["Perennial-Streaming"]["fine"]


def test_stacks_of_further_models_are_looked_at_where_there_are_any(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.target.choose", lambda **_: Target("Perennial", "eu-west-1"))
    statuses = {"Perennial-Watch2": "CREATE_COMPLETE", "Perennial-Watch3": "ROLLBACK_COMPLETE"}
    monkeypatch.setattr("cli.outputs.describe", lambda _, stack: (statuses.get(stack), {}))
    findings = found(line, "--aws")
    assert findings["Perennial-Watch2"]["fine"]
    assert findings["Perennial-Watch3"]["told"] == "ROLLBACK_COMPLETE"
    assert "Perennial-Watch4" not in findings


def test_a_target_that_cannot_be_chosen_is_a_finding(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise CommandError("No AWS region is set.", advice="Add --region.")

    monkeypatch.setattr("cli.target.choose", refuse)
    assert found(line, "--aws")["Target"]["advice"] == "Add --region."
