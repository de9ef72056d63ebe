"""`perennial approve` and `reject` send what was decided, under the caller's own identity."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.acting import acting
from cli.exits import CommandError, Exit
from cli.operator import Operator
from tests.unit.cli.conftest import Line

TOLD = {"model": "wine", "version": 3, "decided_by": "arn:bob", "reason": "fine"}


@dataclass
class Desk:
    """What approvers are answered, and what they asked."""

    status: str = "APPROVED"
    refusal: CommandError | None = None
    asked: list[Any] = field(default_factory=list)

    def change(self, method: str, model: str, what: str, wanted: Any) -> dict[str, Any]:
        self.asked.append((method, model, what, wanted))
        if self.refusal:
            raise self.refusal
        return {**TOLD, "status": self.status}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    monkeypatch.setattr(Operator, "of", lambda _: made)
    return made


@pytest.mark.parametrize(
    ("verb", "status", "says"),
    [("approve", "APPROVED", "is approved and comes into service (by arn:bob: fine)"),
     ("reject", "REJECTED", "is rejected and will not serve (by arn:bob: fine)")],
)  # fmt: skip
def test_a_decision_is_sent_and_told(
    line: Line, desk: Desk, verb: str, status: str, says: str
) -> None:
    desk.status = status
    result = line(verb, "wine", "3", "--reason", "fine")
    assert result.exit_code == Exit.OK
    assert says in result.stdout
    wanted = {"decision": verb, "reason": "fine"}
    assert desk.asked == [("POST", "wine", "versions/3/approval", wanted)]


def test_a_decision_is_printed_as_json_when_asked(line: Line, desk: Desk) -> None:
    result = line("approve", "wine", "3", "--reason", "fine", "--json")
    assert json.loads(result.stdout)["status"] == "APPROVED"


def test_a_refusal_ends_with_its_reason(line: Line, desk: Desk) -> None:
    desk.refusal = CommandError("you trained it; somebody else decides")
    result = line("approve", "wine", "3", "--reason", "fine")
    assert result.exit_code == Exit.FAILED
    assert "somebody else decides" in result.stderr


def test_a_decision_without_a_reason_is_none(line: Line, desk: Desk) -> None:
    assert line("approve", "wine", "3").exit_code == Exit.USAGE
    assert desk.asked == []


EMULATOR = {
    "AWS_ENDPOINT_URL": "https://iam.amazonaws.com",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


def test_nobody_else_acts_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERENNIAL_AS", raising=False)
    assert acting(EMULATOR) == EMULATOR


@mock_aws
def test_a_user_of_the_emulator_acts_with_a_key_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PERENNIAL_AS", "ada")
    first, second = acting(EMULATOR), acting(EMULATOR)
    assert first["AWS_ACCESS_KEY_ID"] != second["AWS_ACCESS_KEY_ID"] != "test"
    keys = boto3.client("iam", region_name="us-east-1").list_access_keys(UserName="ada")
    assert [key["AccessKeyId"] for key in keys["AccessKeyMetadata"]] == [
        second["AWS_ACCESS_KEY_ID"]
    ]


@pytest.mark.parametrize("name", ["ada lovelace", "a/b", "x" * 65])
def test_a_name_that_no_user_can_have_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PERENNIAL_AS", name)
    with pytest.raises(CommandError, match="PERENNIAL_AS"):
        acting(EMULATOR)
