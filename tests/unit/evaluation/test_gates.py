"""Gates say in a sentence what they asked for and what was reached."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.evaluation.gates import Standing, judge
from perennial.evaluation.record import Comparison, GateResult

from tests.unit.evaluation.scenario import a_spec


def beside(name: str, candidate: dict[str, float], other: dict[str, float]) -> Comparison:
    return Comparison(
        name=name, rows=9, unanswerable=0, metrics=other, candidate=candidate, difference=None
    )


def judged(
    gate: dict[str, Any],
    candidate: dict[str, float],
    baseline: dict[str, float],
    champion: dict[str, float] | None = None,
    task: str = "regression",
) -> GateResult:
    spec = a_spec(task, gates=[gate])
    standing = Standing(
        metrics=candidate,
        baseline=beside("naive baseline", candidate, baseline),
        champion=beside("champion, version 3", candidate, champion) if champion else None,
        champion_note="no version is in service to compare with",
    )
    return judge(spec, standing)[0]


@pytest.mark.parametrize(
    ("gate", "reached", "passed", "sentence"),
    [
        ({"minimum": 0.95}, 0.993, True, "roc_auc 0.993 ≥ 0.95"),
        ({"minimum": 0.95}, 0.95, True, "roc_auc 0.95 ≥ 0.95"),
        ({"minimum": 0.95}, 0.931, False, "roc_auc 0.931 < 0.95"),
        ({"maximum": 0.9}, 0.8, True, "roc_auc 0.8 ≤ 0.9"),
        ({"maximum": 0.9}, 0.95, False, "roc_auc 0.95 > 0.9"),
        ({"minimum": 0.95}, 0.94999999, False, "roc_auc 0.94999999 < 0.95"),
    ],
)
def test_a_bound(gate: dict[str, Any], reached: float, passed: bool, sentence: str) -> None:
    result = judged(
        {"metric": "roc_auc"} | gate, {"roc_auc": reached}, {"roc_auc": 0.5}, task="binary"
    )
    assert (result.passed, result.sentence) == (passed, sentence)


@pytest.mark.parametrize(
    ("metric", "mine", "theirs", "tolerance", "passed"),
    [
        ("rmse", 4.0, 4.0, 0.0, True),
        ("rmse", 4.1, 4.0, 0.0, False),
        ("rmse", 4.1, 4.0, 0.2, True),
        ("rmse", 3.0, 4.0, 0.0, True),
        ("r2", 0.80, 0.82, 0.0, False),
        ("r2", 0.80, 0.82, 0.05, True),
        ("r2", 0.90, 0.82, 0.0, True),
    ],
)
@pytest.mark.parametrize("against", ["champion", "baseline"])
def test_not_worse_by_more_than_the_tolerance(
    metric: str, mine: float, theirs: float, tolerance: float, passed: bool, against: str
) -> None:
    gate = {"metric": metric, "against": against, "tolerance": tolerance}
    other = {"rmse": 9.0, "r2": -9.0} | {metric: theirs}
    candidate = {"rmse": 1.0, "r2": 0.99} | {metric: mine}
    result = judged(gate, candidate, other, other)
    assert result.passed is passed, result.sentence


def test_the_sentence_of_a_comparison_names_the_other_and_the_allowance() -> None:
    gate = {"metric": "rmse", "against": "champion", "tolerance": 0.5}
    result = judged(gate, {"rmse": 5.0}, {"rmse": 9.0}, {"rmse": 4.0})
    assert result.sentence == "rmse 5 > 4.5 (champion, version 3 4 within 0.5)"


def test_a_gate_with_two_bounds_is_two_sentences() -> None:
    spec = a_spec("regression", gates=[{"metric": "r2", "minimum": 0.1, "maximum": 0.9}])
    metrics = {"rmse": 1.0, "r2": 0.95}
    results = judge(spec, Standing(metrics, beside("naive baseline", metrics, {"rmse": 2.0}), None))
    assert [(r.passed, r.sentence) for r in results] == [
        (True, "r2 0.95 ≥ 0.1"),
        (False, "r2 0.95 > 0.9"),
        (True, "rmse 1 beats the naive baseline's 2"),
    ]


def test_the_baseline_is_asked_about_once() -> None:
    spec = a_spec("regression", gates=[{"metric": "rmse", "against": "baseline"}])
    metrics = {"rmse": 1.0}
    results = judge(spec, Standing(metrics, beside("naive baseline", metrics, {"rmse": 2.0}), None))
    assert [r.sentence for r in results] == ["rmse 1 ≤ 2 (naive baseline 2)"]


def test_what_is_undefined_for_the_other_fails() -> None:
    gate = {"metric": "r2", "against": "champion"}
    result = judged(gate, {"rmse": 1.0, "r2": 0.5}, {"rmse": 2.0}, {"rmse": 1.0})
    assert not result.passed
    assert "undefined" in result.sentence
