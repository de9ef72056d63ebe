"""The functions that begin a rollout and take its steps: events in, answers out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import PerennialError

from functions.rollout import handler as rollout
from functions.route import handler as route
from tests.fakes.files import InMemoryFiles
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.workflow import RecordingWorkflow
from tests.unit.registry.test_routing import registry_with
from tests.unit.rollout.captures import BINARY, spec

STAGED = BINARY + "rollout: {stages: [{strategy: canary, steps: [0.2]}], check_every: 30s}\n"
EVENT = {"model": "bank", "version": 2, "run_id": "r2"}


class NoTraffic:
    """Metrics of an endpoint nobody calls; with `failing`, of a challenger that always fails."""

    def __init__(self) -> None:
        self.failing = False

    def sums(self, names: Any, dimensions: dict[str, str], *_: object) -> dict[str, float]:
        requests = 400.0 if self.failing else 0.0
        bad = requests if dimensions["version"] == "2" else 0.0
        return {"Requests": requests, "Errors": bad}


@pytest.fixture
def world(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[InMemoryRegistry, RecordingWorkflow, NoTraffic]:
    """`bank` with a canary; version 1 serves."""
    (tmp_path / "bank.json").write_text(spec(STAGED).model_dump_json())
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path))
    monkeypatch.setenv("PERENNIAL_DATA_BUCKET", "data")
    registry, workflow, metrics = registry_with(2), RecordingWorkflow(), NoTraffic()
    monkeypatch.setattr(route, "ports", lambda: (registry, workflow))
    monkeypatch.setattr(rollout, "ports", lambda: (registry, InMemoryFiles(), metrics))
    route.handler(EVENT | {"version": 1}, None)
    return registry, workflow, metrics


def test_a_version_is_announced_and_its_rollout_begins(world: Any) -> None:
    answers = [route.handler(EVENT, None) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0] == {
        "revision": 2,
        "champion": 1,
        "rollout_id": "bank-v2",
        "rollout": "RUNNING",
    }
    assert list(world[1].started) == ["bank-v2"]
    assert world[0].events("bank")[0].reason == "run r2 passed its gates"


def test_a_step_that_is_not_decided_says_how_long_to_wait(world: Any) -> None:
    route.handler(EVENT, None)
    answer = rollout.handler({"model": "bank", "rollout_id": "bank-v2"}, None)
    assert (answer["status"], answer["wait_seconds"]) == ("RUNNING", 30)
    assert (answer["prove"], answer["notice"]) == (False, None)


def test_a_challenger_that_always_fails_is_rejected_and_told(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    route.handler(EVENT, None)
    world[2].failing = True
    answer = rollout.handler({"model": "bank", "rollout_id": "bank-v2"}, None)
    assert (answer["status"], answer["prove"]) == ("REJECTED", False)
    assert "was rejected" in answer["notice"]["subject"]
    assert "RolloutsEnded" in capsys.readouterr().out
    json.dumps(answer)


def test_a_spec_that_asks_for_approval_by_now_has_people_asked(
    world: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The spec that is deployed at the look counts; the function that asks tells people itself."""
    route.handler(EVENT, None)
    (tmp_path / "now").mkdir()
    manual = STAGED.replace("check_every: 30s", "check_every: 30s, too_little_traffic: advance")
    told = spec(manual + "approval: {method: manual, expires_after: 1h}\n")
    (tmp_path / "now" / "bank.json").write_text(told.model_dump_json())
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path / "now"))
    monkeypatch.setattr("perennial.rollout.step._Decision._baked", True)
    answer = rollout.handler({"model": "bank", "rollout_id": "bank-v2"}, None)
    assert (answer["status"], answer["version"]) == ("WAITING", 2)
    assert 0 < answer["ask_seconds"] <= 3600
    assert (answer["wait_seconds"], answer["prove"], answer["notice"]) == (0, False, None)


def test_an_unknown_rollout_fails_by_name(world: Any) -> None:
    with pytest.raises((LookupError, PerennialError)):
        rollout.handler({"model": "bank", "rollout_id": "bank-v9"}, None)
