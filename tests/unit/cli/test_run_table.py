"""The table of runs: what was tried, what came of it, what it took."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.registry.records import Run, RunStatus

from cli import run_table
from cli.exits import Exit
from tests.fakes.records import a_run
from tests.unit.cli.conftest import Line

PARAMETERS: dict[str, dict[str, Any]] = {
    "a": {"max_depth": 2, "eta": 0.05},
    "b": {"max_depth": 6, "eta": 0.05},
}


@pytest.fixture
def runs(line: Line, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Two runs that were trained, and a later one that failed."""
    for number, (name, score) in enumerate([("a", 0.9), ("b", 0.7)]):
        line.registry.create_run(
            a_run(
                name * 32,
                model="wine",
                status=RunStatus.SUCCEEDED,
                created_at=f"2026-01-0{number + 1}T00:00:00.000Z",
                metrics={"roc_auc": score, "log_loss": 1 - score},
                seconds={"TrainModel": 120.0, "EvaluateModel": 3.0},
            )
        )
    line.registry.create_run(
        a_run(
            "c" * 32,
            model="wine",
            status=RunStatus.FAILED,
            reason="TrainModel: broke",
            created_at="2026-01-03T00:00:00.000Z",
        )
    )

    def training_of(_: object, run: Run) -> dict[str, Any]:
        return {"algorithm": "xgboost", "parameters": PARAMETERS[run.run_id[0]]}

    monkeypatch.setattr(run_table, "training_of", training_of)
    return line


def order(told: str) -> list[str]:
    return [text[0] for text in told.split() if text in ("a" * 12, "b" * 12, "c" * 12)]


def test_only_parameters_that_differ_are_in_the_table(runs: Line) -> None:
    told = runs("runs", "wine").stdout
    assert "max_depth 2" in told
    assert "max_depth 6" in told
    assert "eta" not in told
    assert "TrainModel: broke" in told


@pytest.mark.parametrize(("metric", "expected"), [("roc_auc", "abc"), ("log_loss", "abc")])
def test_the_best_run_by_a_metric_comes_first_and_runs_without_it_last(
    runs: Line, metric: str, expected: str
) -> None:
    assert order(runs("runs", "wine").stdout) == list("cba")
    assert order(runs("runs", "wine", "--by", metric).stdout) == list(expected)


def test_a_metric_that_no_run_was_judged_by_is_refused(runs: Line) -> None:
    told = runs("runs", "wine", "--by", "beauty")
    assert told.exit_code == Exit.USAGE
    assert "roc_auc, log_loss" in told.stderr


def test_a_program_gets_parameters_seconds_and_cost_of_each_run(runs: Line) -> None:
    listed = json.loads(runs("runs", "wine", "--json", "--by", "roc_auc").stdout)
    assert [one["run_id"][0] for one in listed] == list("abc")
    assert listed[0]["parameters"] == PARAMETERS["a"]
    assert listed[0]["total_seconds"] == 123.0
    assert 0.001 < listed[0]["dollars"] < 0.1
    assert listed[2]["parameters"] == {}
