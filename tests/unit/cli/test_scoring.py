"""What `perennial score` does around the service: names, usage, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.exits import CommandError, Exit
from cli.score_results import local_name, present

COUNTS = {"rows": 10, "scored": 9, "rejected": 1, "lost": 0, "chunks": 1, "failed_chunks": 0}
ENDED: dict[str, Any] = {
    "status": "PARTIAL",
    "reason": "1 of 10 rows do not fit the model",
    "model": "bank",
    "run_id": "r1",
    "reused": False,
    "version": 3,
    "counts": COUNTS,
    "outputs": {},
}


@pytest.mark.parametrize(
    ("given", "name", "out", "expected"),
    [
        ("d/a.csv", "predictions.csv", None, "d/a.predictions.csv"),
        ("d/a.csv.gz", "rejected.csv", None, "d/a.rejected.csv"),
        ("a.b.parquet", "predictions.csv", None, "a.b.predictions.csv"),
        ("plain", "predictions.csv", None, "plain.predictions.csv"),
        ("d/a.csv", "predictions.csv", "x/y.csv", "x/y.csv"),
        ("d/a.csv", "rejected.csv", "x/y.csv", "x/y.rejected.csv"),
    ],
)
def test_results_lie_beside_the_file_or_where_they_are_wanted(
    given: str, name: str, out: str | None, expected: str
) -> None:
    assert local_name(name, Path(given), Path(out) if out else None) == Path(expected)


def test_rows_that_do_not_fit_are_told_and_are_no_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    present(ENDED, {"predictions.csv": "a.predictions.csv"}, json_output=False)
    told = capsys.readouterr().out
    assert "PARTIAL: 9 of 10 rows scored by version 3." in told
    assert "1 of 10 rows do not fit the model." in told


def test_json_is_the_manifest_and_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    present(ENDED, {"predictions.csv": "p"}, json_output=True)
    assert json.loads(capsys.readouterr().out) == ENDED | {"files": {"predictions.csv": "p"}}


def test_a_failure_ends_with_its_code_and_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = ENDED | {"status": "FAILED", "reason": "the workflow ended FAILED: x"}
    with pytest.raises(CommandError) as caught:
        present(broken, {}, json_output=False)
    assert caught.value.code is Exit.RUN_FAILED
    assert "perennial score bank --resume r1" in caught.value.advice
    refused = broken | {"reason": "the file is empty"}
    with pytest.raises(CommandError) as caught:
        present(refused, {}, json_output=False)
    assert caught.value.advice == ""
    with pytest.raises(typer.Exit):
        present(refused, {}, json_output=True)
    assert json.loads(capsys.readouterr().out)["reason"] == "the file is empty"
