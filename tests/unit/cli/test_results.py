"""How a run ended is told in words, in figures and as an exit code."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from perennial.registry.records import RunStatus
from perennial.serving import problems
from rich.console import Console

from cli import demo_pages, run_pages, run_report
from cli.demo import Shown
from cli.endpoint import ADVICE, Endpoint, problem_of
from cli.exits import Exit
from cli.training_job import described_line
from tests.fakes.records import a_run

EVALUATION: dict[str, Any] = {
    "rows": 114,
    "algorithm": "xgboost",
    "metrics": {"roc_auc": 0.99, "rmse": 1234.5},
    "baseline": {"name": "naive baseline", "metrics": {"roc_auc": 0.5}},
    "champion": {"name": "version 3", "metrics": {"roc_auc": 0.98}},
    "gate_results": [
        {"passed": True, "sentence": "roc_auc 0.99 ≥ 0.95"},
        {"passed": False, "sentence": "f1 0.1 < 0.2"},
    ],
}
PROBLEM = {
    "kind": "wrong_type",
    "column": "age",
    "message": "a value of another type; expected a number",
    "severity": "error",
    "count": 1234,
    "examples": [{"row": n, "line": n + 1, "value": f"[x{n}]"} for n in range(1, 9)],
}


def text_of(*arguments: Any) -> str:
    console = Console(width=200, force_terminal=False)
    with console.capture() as captured:
        for part in run_pages.of(*arguments):
            console.print(part, markup=False)
    return captured.get()


def test_a_version_is_told_beside_baseline_and_champion() -> None:
    told = text_of(a_run(status=RunStatus.SUCCEEDED, version=4), {}, EVALUATION)
    assert "SUCCEEDED  version 4 was registered" in told
    (line,) = [line for line in told.splitlines() if line.startswith("roc_auc")]
    assert line.split() == ["roc_auc", "0.9900", "0.5000", "0.9800"]
    assert "1,234.5" in told
    assert "passed  roc_auc" in told
    assert "missed  f1" in told


def test_a_rejection_is_told_with_some_of_the_rows() -> None:
    told = text_of(a_run(status=RunStatus.REJECTED, reason="bad"), {"errors": [PROBLEM]}, {})
    assert "error: age: a value of another type; expected a number (1,234 rows)" in told
    assert "line 2: '[x1]'" in told
    assert told.count("line ") == 5


def test_a_value_that_may_not_be_shown_is_not() -> None:
    example = {"row": 3, "line": None, "value": None}
    told = text_of(
        a_run(status=RunStatus.REJECTED), {"errors": [PROBLEM | {"examples": [example]}]}, {}
    )
    assert told.rstrip().endswith("row 3")


def test_a_failure_names_the_log_to_read() -> None:
    run = a_run("f" * 32, status=RunStatus.FAILED, reason="TrainModel: States.Timeout")
    assert f"`perennial logs train --run {'f' * 12}`" in text_of(run, {}, {})


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (RunStatus.REJECTED, Exit.REJECTED),
        (RunStatus.GATED, Exit.GATED),
        (RunStatus.FAILED, Exit.RUN_FAILED),
    ],
)
def test_the_exit_code_tells_how_the_run_ended(status: RunStatus, code: Exit) -> None:
    with pytest.raises(typer.Exit) as caught:
        run_report.leave(a_run(status=status))
    assert caught.value.exit_code == code
    run_report.leave(a_run(status=RunStatus.SUCCEEDED))


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, Exit.NOT_FOUND), (422, Exit.FAILED), (429, Exit.UNAVAILABLE), (503, Exit.UNAVAILABLE)],
)
def test_a_problem_document_is_told_with_its_rows(status: int, code: Exit) -> None:
    errors = [{"row": 2, "field": "age", "reason": "is missing"}, {"row": 3, "reason": "no object"}]
    error = problem_of(status, json.dumps({"detail": "Nothing.", "errors": errors}).encode())
    assert error.message.splitlines() == [
        f"The endpoint answered {status}: Nothing.",
        "  row 2, age: is missing",
        "  row 3: no object",
    ]
    assert error.code is code


def test_a_problem_that_is_known_comes_with_what_to_do() -> None:
    body = {"type": problems.TYPE_PREFIX + problems.MODEL_NOT_TRAINED.slug, "detail": "Not yet."}
    assert "`perennial train MODEL FILE`" in problem_of(409, json.dumps(body).encode()).advice


def test_every_advice_is_about_a_problem_that_there_is() -> None:
    kinds = {one.slug for one in vars(problems).values() if isinstance(one, problems.Kind)}
    assert set(ADVICE) <= kinds


def test_an_answer_that_is_no_json_is_told_too() -> None:
    assert "answered 502" in problem_of(502, b"<html>").message


def test_the_curl_line_is_what_a_shell_takes_apart_again(tmp_path: Path) -> None:
    request = tmp_path / "a file.json"
    endpoint = Endpoint("http://127.0.0.1:1/live", "key's")
    shown = Shown(a_run(), endpoint, request, tmp_path, {}, {})
    words = shlex.split(demo_pages.curl_line(shown))
    assert words[:3] == ["curl", "--silent", "http://127.0.0.1:1/live/v1/models/bank/predict"]
    assert f"@{request}" in words
    assert "x-api-key: key's" in words


def test_a_line_of_the_training_job_is_told_in_words() -> None:
    line = {"message": "fitting", "round": 12, "train": 0.25, "run": "s3://x", "ok": True}
    assert described_line(json.dumps(line)) == "fitting round 12 train 0.25"
    assert described_line("Traceback") == ""
