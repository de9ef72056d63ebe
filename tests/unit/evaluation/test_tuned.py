"""Whether tuning was worth it is said in a sentence, and never beyond what the rows can tell."""

from __future__ import annotations

import pytest
from perennial.evaluation.record import Comparison, Difference, Interval
from perennial.evaluation.tuned import NAME, sentence
from perennial.spec import Metric


def compared(value: float, low: float, high: float) -> Comparison:
    found = Difference(value=value, interval=Interval(low=low, high=high))
    return Comparison(
        name=NAME, rows=100, unanswerable=0, metrics={}, candidate={}, difference=found
    )


@pytest.mark.parametrize(
    ("metric", "bounds", "told"),
    [
        (Metric.ROC_AUC, (0.02, 0.01, 0.03), "the tuned model beats the default: roc_auc +0.02"),
        (Metric.ROC_AUC, (-0.02, -0.03, -0.01), "the tuned model is worse than the default"),
        (Metric.LOG_LOSS, (-0.02, -0.03, -0.01), "the tuned model beats the default"),
        (Metric.ROC_AUC, (0.01, -0.01, 0.03), "does not beat the default by more than chance"),
        (Metric.ROC_AUC, (0.01, 0.0, 0.03), "does not beat the default by more than chance"),
    ],
)
def test_the_sentence_follows_the_interval_and_the_metrics_direction(
    metric: Metric, bounds: tuple[float, float, float], told: str
) -> None:
    assert told in sentence(metric, compared(*bounds))


def test_an_undefined_metric_tells_nothing() -> None:
    nothing = compared(0.0, 0.0, 0.0).model_copy(update={"difference": None})
    assert "cannot be told from the default" in sentence(Metric.ROC_AUC, nothing)
