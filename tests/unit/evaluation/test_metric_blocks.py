"""What a report and a card say of a candidate beside another model."""

from __future__ import annotations

import pytest
from perennial.evaluation.metric_blocks import difference_from
from perennial.evaluation.record import Comparison, Difference, Interval
from perennial.report import Kind
from perennial.spec import Metric

UP, DOWN = Metric.ROC_AUC, Metric.LOG_LOSS


def beside(difference: Difference | None) -> Comparison:
    return Comparison(
        name="version 3",
        rows=1200,
        unanswerable=0,
        metrics={},
        candidate={},
        difference=difference,
    )


def found(value: float, low: float, high: float) -> Difference:
    return Difference(value=value, interval=Interval(low=low, high=high))


@pytest.mark.parametrize(
    ("metric", "difference", "kind", "verdict"),
    [
        (UP, found(0.02, 0.01, 0.03), Kind.GOOD, "better"),
        (UP, found(-0.02, -0.03, -0.01), Kind.BAD, "worse"),
        (DOWN, found(-0.02, -0.03, -0.01), Kind.GOOD, "better"),
        (DOWN, found(0.02, 0.01, 0.03), Kind.BAD, "worse"),
        (UP, found(0.02, -0.01, 0.03), Kind.NOTE, "not told apart"),
        (UP, Difference(value=0.02, interval=None), Kind.NOTE, "not told apart"),
    ],
)
def test_only_an_interval_beside_zero_is_a_verdict(
    metric: Metric, difference: Difference, kind: Kind, verdict: str
) -> None:
    told = difference_from(beside(difference), metric)
    assert told.kind is kind
    assert told.text.startswith(f"Beside version 3: {verdict}. Difference in {metric.value} ")
    assert told.text.endswith("on 1,200 rows.")


def test_a_metric_that_one_of_them_does_not_have_decides_nothing() -> None:
    told = difference_from(beside(None), UP)
    assert told.kind is Kind.WARNING
    assert "not defined" in told.text
