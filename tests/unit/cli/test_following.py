"""A run is followed to its end, whatever that end is, and never for ever."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from perennial.registry.records import RunStatus
from rich.console import Console

from cli import following
from cli.exits import CommandError, Exit
from cli.following import Follower, seconds_by_state
from cli.outputs import Deployment
from cli.steps import Steps
from cli.target import Target
from tests.fakes.records import AT, a_run
from tests.fakes.registry import InMemoryRegistry

START = datetime(2026, 1, 1, tzinfo=UTC)
RUN = "a" * 32


class Missing(Exception):
    """The execution does not exist."""


class Executions:
    """Step Functions with one execution that gets on a little each time it is looked at."""

    class exceptions:
        ExecutionDoesNotExist = Missing

    def __init__(self, registry: InMemoryRegistry, *looks: Any) -> None:
        self.looks = list(looks)
        self.registry = registry
        self.events: list[dict[str, Any]] = []

    def describe_execution(self, executionArn: str) -> dict[str, str]:
        assert executionArn == f"arn:execution:{RUN}"
        status, states, run = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if run is not None:
            self.registry._runs["wine", RUN] = run
        if status is None:
            raise Missing
        self.events = [event for number, state in enumerate(states) for event in of(number, state)]
        return {"status": status}

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, executionArn: str) -> Any:
        half = len(self.events) // 2
        return [{"events": self.events[:half]}, {"events": self.events[half:]}]


def of(number: int, state: str) -> list[dict[str, Any]]:
    """A state that took a second; `Name?` is still inside, `Name!` failed."""
    name = state.rstrip("?!")
    at = START + timedelta(seconds=number)
    failed = {"error": "Boom", "cause": "why"}
    events: list[dict[str, Any]] = [
        {"type": "TaskStateEntered", "timestamp": at, "stateEnteredEventDetails": {"name": name}},
        {"type": "TaskScheduled", "timestamp": at},
    ]
    if state.endswith("!"):
        events.append({"type": "TaskFailed", "timestamp": at, "taskFailedEventDetails": failed})
    if not state.endswith("?"):
        events.append({"type": "TaskStateExited", "timestamp": at + timedelta(seconds=1)})
    return events


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> InMemoryRegistry:
    made = InMemoryRegistry()
    monkeypatch.setattr(following, "registry", lambda _: made)
    monkeypatch.setattr("cli.training_job.progress", lambda *_: "running")
    monkeypatch.setattr(Target, "patience", 0.001)
    monkeypatch.setattr(Deployment, "execution", lambda _, run_id: f"arn:execution:{run_id}")
    return made


def follower(executions: Executions) -> tuple[Follower, io.StringIO]:
    target = Target("Perennial", "us-east-1")
    target._clients["stepfunctions"] = executions
    stream = io.StringIO()
    steps = Steps(Console(file=stream, force_terminal=False, width=200))
    return Follower(Deployment(target), "wine", RUN, steps), stream


def details_of(watcher: Follower) -> set[str]:
    return {step.detail for step in watcher.steps._steps}


def run(status: RunStatus, **given: Any) -> Any:
    return a_run(RUN, model="wine", status=status, **given)


def test_states_are_told_in_order_with_their_seconds(registry: InMemoryRegistry) -> None:
    executions = Executions(
        registry,
        (None, [], None),
        ("RUNNING", ["ValidateData?"], run(RunStatus.RUNNING)),
        ("RUNNING", ["ValidateData", "TrainModel?"], None),
        ("RUNNING", ["ValidateData", "TrainModel", "ConcludeRun?"], run(RunStatus.SUCCEEDED)),
        ("SUCCEEDED", ["ValidateData", "TrainModel", "ConcludeRun"], None),
    )
    watcher, stream = follower(executions)
    assert watcher.follow().status is RunStatus.SUCCEEDED
    titles = [line.split("  ")[0] for line in stream.getvalue().splitlines()]
    assert titles == ["✓ Wait for the start", "✓ Validate data", "✓ Train model", "✓ Conclude run"]
    assert seconds_by_state(watcher.history) == {
        "ValidateData": 1.0,
        "TrainModel": 1.0,
        "ConcludeRun": 1.0,
    }


def test_a_state_that_fails_is_marked_with_its_cause(registry: InMemoryRegistry) -> None:
    executions = Executions(
        registry, ("FAILED", ["ValidateData", "TrainModel!"], run(RunStatus.FAILED))
    )
    watcher, stream = follower(executions)
    assert watcher.follow().status is RunStatus.FAILED
    assert "✗ Train model" in stream.getvalue()
    assert "Boom: why" in stream.getvalue()


def test_a_run_that_waits_for_another_says_so(
    registry: InMemoryRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    executions = Executions(
        registry,
        (None, [], run(RunStatus.QUEUED)),
        (None, [], None),
        ("SUCCEEDED", ["ValidateData"], run(RunStatus.REJECTED, reason="no")),
    )
    watcher, _ = follower(executions)
    told: set[str] = set()
    monkeypatch.setattr("cli.following.time.sleep", lambda _: told.update(details_of(watcher)))
    assert watcher.follow().status is RunStatus.REJECTED
    assert told == {"", "another run of wine is training"}


def test_an_upload_that_starts_nothing_is_given_up(
    registry: InMemoryRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_START_SECONDS", 0.01)
    watcher, _ = follower(Executions(registry, (None, [], None)))
    with pytest.raises(CommandError) as caught:
        watcher.follow()
    assert caught.value.code is Exit.UNAVAILABLE
    assert "perennial logs trigger" in caught.value.advice


def test_a_workflow_that_ends_without_concluding_is_given_up(
    registry: InMemoryRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_SETTLE_SECONDS", 0.01)
    over = ("TIMED_OUT", ["TrainModel?"], run(RunStatus.RUNNING))
    watcher, _ = follower(Executions(registry, over))
    with pytest.raises(CommandError) as caught:
        watcher.follow()
    assert caught.value.code is Exit.RUN_FAILED


def test_waiting_ends_after_the_timeout_and_the_run_goes_on(registry: InMemoryRegistry) -> None:
    still = ("RUNNING", ["TrainModel?"], run(RunStatus.RUNNING, updated_at=AT))
    watcher, _ = follower(Executions(registry, still))
    with pytest.raises(CommandError, match="it goes on") as caught:
        watcher.follow(timeout=0.01)
    assert caught.value.code is Exit.TIMEOUT


def test_a_version_that_waits_for_people_is_not_waited_for(registry: InMemoryRegistry) -> None:
    """They may take days; the run itself has ended."""
    states = ["RegisterVersion", "SetRoute", "ConcludeRun", "WriteCard"]
    executions = Executions(
        registry,
        ("RUNNING", ["RegisterVersion", "SetRoute?"], run(RunStatus.RUNNING)),
        ("RUNNING", [*states[:-1], "WriteCard?"], run(RunStatus.SUCCEEDED)),
        ("RUNNING", [*states, "AskForApproval?"], None),
    )
    watcher, _ = follower(executions)
    assert watcher.follow(timeout=20).status is RunStatus.SUCCEEDED
    assert watcher.history[-1].state == following.WAITING
