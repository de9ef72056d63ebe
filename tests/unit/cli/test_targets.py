"""A command acts on the emulator of its checkout unless it is told to act on AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli import target as targets
from cli.exits import CommandError, Exit
from cli.outputs import Deployment, describe
from cli.target import Target


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    before = dict(os.environ)
    monkeypatch.setenv("PERENNIAL_STATE", str(tmp_path))
    for name in ("PERENNIAL_TARGET", "PERENNIAL_PREFIX", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    yield
    # Choosing the emulator changes the process for good.
    os.environ.clear()
    os.environ.update(before)


def test_without_an_emulator_the_command_says_how_to_start_one() -> None:
    with pytest.raises(CommandError) as caught:
        targets.choose(aws=False)
    assert caught.value.code is Exit.NOT_FOUND
    assert "perennial up" in caught.value.advice


def test_the_emulator_leaves_nothing_of_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "https://elsewhere")
    environment = {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    emulator = SimpleNamespace(endpoint="http://127.0.0.1:1", environment=lambda: environment)
    target = targets.on_emulator(emulator)  # type: ignore[arg-type]
    left = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    assert left == environment
    assert target.title == "emulator at http://127.0.0.1:1"


def test_aws_needs_a_region_and_takes_it_from_the_option_or_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(CommandError, match="No AWS region"):
        targets.choose(aws=True)
    assert targets.choose(aws=True, region="eu-west-1").region == "eu-west-1"
    monkeypatch.setenv("PERENNIAL_TARGET", "aws")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    chosen = targets.choose(aws=False)
    assert (chosen.region, chosen.emulator) == ("eu-north-1", None)


def test_options_that_contradict_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="add --aws"):
        targets.choose(aws=False, profile="team")
    with pytest.raises(CommandError, match="could not be found"):
        targets.choose(aws=True, profile="none-of-this-name")
    monkeypatch.setenv("PERENNIAL_TARGET", "azure")
    with pytest.raises(CommandError, match="emulator or aws"):
        targets.choose(aws=False)


def test_the_prefix_names_the_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert targets.choose(aws=True, region="x-y-1").stack("Storage") == "Perennial-Storage"
    monkeypatch.setenv("PERENNIAL_PREFIX", "Team")
    assert targets.choose(aws=True, region="x-y-1").stack("Storage") == "Team-Storage"
    assert targets.choose(aws=True, region="x-y-1", prefix="Mine").stack("A") == "Mine-A"


class Stacks:
    """CloudFormation with one stack."""

    def __init__(self, status: str) -> None:
        self.status = status

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        if StackName != "Perennial-Training":
            told = {"Error": {"Code": "ValidationError", "Message": "does not exist"}}
            raise ClientError(told, "DescribeStacks")  # type: ignore[arg-type]
        machine = "arn:aws:states:us-east-1:1:stateMachine:perennial-training"
        outputs = [{"OutputKey": "StateMachineArn", "OutputValue": machine}]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs}]}


def deployment(status: str) -> Deployment:
    target = Target("Perennial", "us-east-1")
    target._clients["cloudformation"] = Stacks(status)
    return Deployment(target)


def test_a_run_is_an_execution_of_the_state_machine() -> None:
    arn = deployment("UPDATE_COMPLETE").execution("0123")
    assert arn == "arn:aws:states:us-east-1:1:execution:perennial-training:0123"


def test_a_stack_that_is_not_there_or_not_whole_is_told() -> None:
    with pytest.raises(CommandError, match="Perennial-Storage is not deployed") as caught:
        _ = deployment("CREATE_COMPLETE").storage
    assert caught.value.code is Exit.NOT_FOUND
    assert "perennial deploy --aws" in caught.value.advice
    with pytest.raises(CommandError, match="Perennial-Training is ROLLBACK_COMPLETE"):
        _ = deployment("ROLLBACK_COMPLETE").training


def test_a_deleted_stack_counts_as_none() -> None:
    assert describe(deployment("DELETE_COMPLETE").target, "Perennial-Training") == (None, {})
