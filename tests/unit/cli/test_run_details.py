"""One run in full: what it searched, how its folds judged it, what it cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.registry.records import Run, RunStatus
from rich.console import Console

from cli import run_details, run_report
from tests.fakes.records import a_run
from tests.unit.cli.conftest import Line

WORTH = "the tuned model beats the default: roc_auc +0.02, 95 % interval +0.01 to +0.03"
TRIALS: list[dict[str, Any]] = [
    {"number": 0, "algorithm": "xgboost", "parameters": {"max_depth": 6}, "value": 0.8},
    {"number": 1, "algorithm": "linear", "parameters": {"C": 0.123456, "l1": True}, "value": 0.9},
    {"number": 2, "algorithm": "linear", "parameters": {"C": 7.0}, "value": None},
]
SEARCH = {
    "format": 1,
    "method": "bayesian",
    "metric": "roc_auc",
    "trials": [
        one | {"state": state, "curve": []}
        for one, state in zip(TRIALS, ("COMPLETE", "COMPLETE", "LOST"), strict=True)
    ],
    "best": 1,
    "default": {"number": 0, "state": "COMPLETE", "value": 0.8},
    "margin": None,
    "ended_by": "minutes",
    "spent": {"minutes": 3.25, "dollars": 0.0123, "prices_of": "2026-01"},
}
FOLDS = {
    "method": "time",
    "metric": "roc_auc",
    "folds": [0.91, 0.89],
    "mean": 0.9,
    "deviation": 0.01,
}
USED = {"jobs": 3.0, "job_seconds": 300.0, "vcpu_seconds": 1200.0, "gib_seconds": 4800.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "search.json").write_text(json.dumps(SEARCH))
    (tmp_path / "training.json").write_text(json.dumps({"cross_validation": FOLDS}))
    (tmp_path / "evaluation.json").write_text(json.dumps({"tuning": {"sentence": WORTH}}))
    return tmp_path


def ended(**given: Any) -> Run:
    return a_run("a" * 32, model="wine", status=RunStatus.SUCCEEDED, **given)


def lines(run: Run, folder: Path, *, in_full: bool = True) -> str:
    console = Console(width=160, force_terminal=False)
    with console.capture() as captured:
        for part in run_details.of(run, folder, in_full=in_full):
            console.print(part, markup=False, soft_wrap=True)
    return captured.get()


def test_a_search_is_told_by_its_trials_its_best_and_what_it_was_worth(folder: Path) -> None:
    told = lines(ended(), folder)
    assert "bayesian, 3 trials (2 completed, 1 lost) by roc_auc; it ended when its time" in told
    assert "trial 1, linear (C 0.1235, l1 True), roc_auc 0.9; the default 0.8" in told
    assert f"on the holdout: {WORTH}" in told
    assert "took 3.2 minutes, 0.0123 $" in told


def test_folds_are_told_one_by_one(folder: Path) -> None:
    told = lines(ended(), folder)
    assert "Folds     time, roc_auc: 0.91  0.89; mean 0.9, deviation 0.01" in told


def test_the_bill_of_a_run_has_a_line_for_each_thing_that_is_paid_for(tmp_path: Path) -> None:
    run = ended(usage=USED, seconds={"TrainModel": 300.0, "EvaluateModel": 2.0})
    told = lines(run, tmp_path)
    bill: dict[str, Any] = run_details.as_json(run, tmp_path)["cost"]
    assert [line["what"] for line in bill["lines"] if line["what"] not in told] == []
    assert "1,200 vCPU seconds" in told
    assert bill["dollars"] == pytest.approx(sum(line["dollars"] for line in bill["lines"]))
    short = lines(run, tmp_path, in_full=False)
    assert short.startswith("Cost ")
    assert "vCPU" not in short


def test_a_run_that_searched_nothing_and_used_nothing_says_nothing(tmp_path: Path) -> None:
    assert lines(ended(), tmp_path) == ""
    assert run_details.as_json(ended(), tmp_path)["search"] is None


def test_one_run_is_shown_with_its_search_and_its_bill(
    line: Line, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_report, "fetch", lambda *_: folder)
    (folder / "evaluation.json").unlink()
    line.registry.create_run(ended(usage=USED, seconds={"TrainModel": 300.0}))
    told = json.loads(line("runs", "wine", "aaaa", "--json").stdout)
    assert told["search"]["states"] == {"COMPLETE": 2, "LOST": 1}
    assert told["search"]["best"]["parameters"] == TRIALS[1]["parameters"]
    assert told["cross_validation"] == FOLDS
    assert told["cost"]["dollars"] > 0
    shown = line("runs", "wine", "aaaa").stdout
    assert "bayesian, 3 trials" in shown
    assert "vCPU seconds" in shown
    assert "by alice, upload of s3://" in shown.replace("\n", " ")
