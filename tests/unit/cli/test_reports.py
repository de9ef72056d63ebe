"""`perennial monitor` and `perennial report`, without a deployment."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from perennial.adapters import s3_files

from cli import monitoring
from cli.exits import CommandError
from cli.outputs import Deployment
from cli.steps import State, Steps
from cli.target import Target
from tests.fakes.files import InMemoryFiles
from tests.unit.cli.conftest import Line
from tests.unit.monitoring.scene import Scene, a_spec

BUCKET = "data"
AT = datetime.fromisoformat("2026-11-21T10:00:00+00:00")


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> InMemoryFiles:
    """What lies in the data bucket of the deployment."""
    found = InMemoryFiles()
    monkeypatch.setattr(s3_files, "S3Files", lambda _: found)
    monkeypatch.setattr(Target, "client", lambda *_: None)
    monkeypatch.setattr(Deployment, "of", lambda *_: {"DataBucketName": BUCKET})
    return found


def put(files: InMemoryFiles, report_id: str, *, whole: bool = True) -> dict[str, Any]:
    """A report of `wine` that a pass has left."""
    scene = Scene(a_spec(performance={"floor": 0.95}))
    scene.tell(scene.capture(300))
    made: dict[str, Any] = json.loads(scene.monitor().report.model_dump_json())
    document = made | {"report_id": report_id}
    prefix = f"s3://{BUCKET}/reports/wine/{report_id}/"
    files.write(prefix + "report.html", b"<html>the page</html>", "text/html")
    if whole:
        files.write(prefix + "report.json", json.dumps(document).encode(), "application/json")
    return document


def test_without_a_report_the_way_to_one_is_told(line: Line, files: InMemoryFiles) -> None:
    done = line("report", "wine")
    assert done.exit_code == 3
    assert "There is no report on wine yet" in done.stderr
    assert "`perennial monitor wine` makes one now" in done.stderr


def test_the_newest_report_is_shown(line: Line, files: InMemoryFiles) -> None:
    put(files, "20261121T110000Z-3600s")
    newest = put(files, "20261121T120000Z-3600s")
    done = line("report", "wine", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == newest


def test_a_report_that_is_not_whole_yet_is_passed_over(line: Line, files: InMemoryFiles) -> None:
    older = put(files, "20261121T110000Z-3600s")
    put(files, "20261121T120000Z-3600s", whole=False)
    assert json.loads(line("report", "wine", "--json").stdout) == older


def test_a_report_is_told_by_its_verdicts(line: Line, files: InMemoryFiles) -> None:
    put(files, "20261121T110000Z-3600s")
    done = line("report", "wine")
    assert "1 alarm" in done.stdout
    assert "ALARM" in done.stdout
    assert "not enough data" not in done.stdout.split("Check")[0]
    assert "there is no sample of the training data" in done.stdout
    assert "roc_auc" in done.stdout
    assert "report.html" in done.stdout


def test_one_report_is_shown_by_its_id(line: Line, files: InMemoryFiles) -> None:
    older = put(files, "20261121T110000Z-3600s")
    put(files, "20261121T120000Z-3600s")
    done = line("report", "wine", "20261121T110000Z-3600s", "--json")
    assert json.loads(done.stdout) == older
    assert line("report", "wine", "20200101T000000Z-3600s").exit_code == 3


def test_the_page_is_saved_where_it_is_wanted(
    line: Line, files: InMemoryFiles, tmp_path: Path
) -> None:
    put(files, "20261121T110000Z-3600s")
    wanted = tmp_path / "out" / "page.html"
    done = line("report", "wine", "--save", str(wanted))
    assert wanted.read_text() == "<html>the page</html>"
    assert str(wanted.name) in done.stdout


class Workflow:
    """A monitoring workflow whose execution went as it is told to."""

    def __init__(self, events: list[dict[str, Any]], status: str = "SUCCEEDED") -> None:
        self.events, self.status = events, status
        self.asked: dict[str, Any] = {}

    def start_execution(self, **given: str) -> dict[str, str]:
        self.asked = json.loads(given["input"])
        return {"executionArn": "arn"}

    def describe_execution(self, **_: str) -> dict[str, str]:
        return {"status": self.status}

    def get_paginator(self, _: str) -> Workflow:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"events": self.events}]


def passed(state: str, output: object, second: int) -> list[dict[str, Any]]:
    entered = {"name": state}
    left = entered | {"output": json.dumps(output)}
    began, ended = AT + timedelta(seconds=second), AT + timedelta(seconds=second + 1)
    return [
        {"type": "TaskStateEntered", "timestamp": began, "stateEnteredEventDetails": entered},
        {"type": "TaskStateExited", "timestamp": ended, "stateExitedEventDetails": left},
    ]


def failed(state: str, second: int) -> list[dict[str, Any]]:
    began = AT + timedelta(seconds=second)
    told = {"error": "Unavailable", "cause": '{"errorMessage": "S3 did not answer"}'}
    return [
        {
            "type": "TaskStateEntered",
            "timestamp": began,
            "stateEnteredEventDetails": {"name": state},
        },
        {"type": "TaskFailed", "timestamp": began, "taskFailedEventDetails": told},
        {"type": "ExecutionFailed", "timestamp": began, "executionFailedEventDetails": told},
    ]


MADE = {"report_uri": "s3://data/reports/wine/20261121T110000Z-3600s/report.html"}
Run = Callable[..., tuple[str, Workflow, Steps]]


@pytest.fixture
def run(files: InMemoryFiles, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Follow a pass; the id of its report, the workflow and the steps that were shown."""

    def follow(
        events: list[dict[str, Any]], status: str = "SUCCEEDED", **given: Any
    ) -> tuple[str, Workflow, Steps]:
        workflow, steps = Workflow(events, status), Steps()
        monkeypatch.setattr(Target, "client", lambda *_: workflow)
        monkeypatch.setattr(Deployment, "of", lambda *_: {"MonitoringMachineArn": "machine"})
        deployment = Deployment(Target("Perennial", "us-east-1"))
        made = monitoring.monitor(
            deployment, "wine", given.get("window"), steps, given.get("timeout")
        )
        return made, workflow, steps

    return follow


def test_a_pass_is_followed_to_its_report(run: Run) -> None:
    events = passed("MonitorModel", MADE, 0) + passed("ActOnAlarms", {}, 2)
    made, workflow, steps = run(events)
    assert made == "20261121T110000Z-3600s"
    assert workflow.asked["model"] == "wine"
    assert "start" not in workflow.asked
    assert [step.title for step in steps._steps] == ["Monitor model", "Act on alarms"]


def test_the_window_that_is_asked_for_ends_now(run: Run) -> None:
    _, workflow, _ = run(passed("MonitorModel", MADE, 0), window="6h")
    start, end = (datetime.fromisoformat(workflow.asked[name]) for name in ("start", "end"))
    assert end - start == timedelta(hours=6)


@pytest.mark.parametrize("window", ["soon", "0h", "1", "-1h", "1w"])
def test_a_window_that_is_no_length_of_time_is_a_usage_error(run: Run, window: str) -> None:
    with pytest.raises(CommandError, match="write 30m, 6h or 7d") as caught:
        run([], window=window)
    assert caught.value.code == 2


def test_a_report_is_shown_also_where_acting_on_it_failed(run: Run) -> None:
    events = passed("MonitorModel", MADE, 0) + failed("ActOnAlarms", 2)
    made, _, steps = run(events, "FAILED")
    assert made == "20261121T110000Z-3600s"
    assert steps._steps[1].state is State.STOPPED
    assert "S3 did not answer" in steps._steps[1].detail


def test_a_pass_that_made_no_report_says_why(run: Run) -> None:
    with pytest.raises(CommandError, match="S3 did not answer") as caught:
        run(failed("MonitorModel", 0), "FAILED")
    assert caught.value.advice == "`perennial logs monitor` shows what happened."


def test_waiting_for_a_pass_ends_when_it_is_told_to(run: Run) -> None:
    with pytest.raises(CommandError, match="has not been made within") as caught:
        run([], "RUNNING", timeout=0.0001)
    assert caught.value.code == 9
