"""The metrics of each task, made from what was true and what was predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perennial.evaluation import decisions, losses, ranking
from perennial.evaluation.calibration import calibration_error
from perennial.evaluation.measure import Floats, Integers, Measure, ratio, value
from perennial.spec.metrics import Metric, Task


@dataclass(frozen=True, slots=True)
class Classified:
    """What was true and predicted of a classification.

    `labels` names the columns of `probabilities` and the codes of `truth`. Of a binary task the
    second is the positive one, and a row is called positive from `threshold` on, or where groups
    have thresholds of their own, from that of `by_row`.
    """

    labels: tuple[str, ...]
    truth: Integers  # [rows]
    probabilities: Floats  # [rows, labels]
    threshold: float | None = None
    by_row: Floats | None = None  # [rows]

    @property
    def decided(self) -> Integers:
        """Codes of the labels that are given: by the threshold, or else the most probable."""
        if self.by_row is not None:
            return (self.probabilities[:, 1] >= self.by_row).astype(np.int64)
        if self.threshold is None:
            return np.asarray(np.argmax(self.probabilities, axis=1))
        return (self.probabilities[:, 1] >= self.threshold).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Estimated:
    """What was true and predicted of a regression."""

    truth: Floats
    predicted: Floats


Outcome = Classified | Estimated


def measures(task: Task, outcome: Outcome) -> dict[Metric, Measure]:
    """Every metric of the task."""
    if isinstance(outcome, Estimated):
        return _of_regression(outcome)
    return _of_binary(outcome) if task is Task.BINARY else _of_multiclass(outcome)


def values(task: Task, outcome: Outcome) -> dict[str, float]:
    """Every metric of the task that is defined on these rows, by name."""
    rows = len(outcome.truth)
    found = {metric: value(of, rows) for metric, of in measures(task, outcome).items()}
    return {metric.value: of for metric, of in found.items() if np.isfinite(of)}


def _of_binary(outcome: Classified) -> dict[Metric, Measure]:
    probability = outcome.probabilities[:, 1]
    positive, called = outcome.truth == 1, outcome.decided == 1
    return {
        Metric.ROC_AUC: ranking.roc_auc(positive, probability),
        Metric.PR_AUC: ranking.average_precision(positive, probability),
        Metric.LOG_LOSS: losses.log_loss(outcome.truth, outcome.probabilities),
        Metric.BRIER: losses.brier(positive, probability),
        Metric.F1: decisions.f1(positive, called),
        Metric.PRECISION: decisions.precision(positive, called),
        Metric.RECALL: decisions.recall(positive, called),
        Metric.ACCURACY: decisions.accuracy(outcome.truth, outcome.decided),
        Metric.BALANCED_ACCURACY: decisions.balanced_accuracy(outcome.truth, outcome.decided, 2),
        Metric.CALIBRATION_ERROR: calibration_error(positive.astype(np.float64), probability),
    }


def _of_multiclass(outcome: Classified) -> dict[Metric, Measure]:
    truth, decided, classes = outcome.truth, outcome.decided, len(outcome.labels)
    confidence = outcome.probabilities.max(axis=1)
    right = (truth == decided).astype(np.float64)
    return {
        Metric.LOG_LOSS: losses.log_loss(truth, outcome.probabilities),
        Metric.ACCURACY: decisions.accuracy(truth, decided),
        Metric.BALANCED_ACCURACY: decisions.balanced_accuracy(truth, decided, classes),
        Metric.MACRO_F1: decisions.macro_f1(truth, decided, classes),
        Metric.ROC_AUC: _one_against_rest(truth, outcome.probabilities),
        Metric.CALIBRATION_ERROR: calibration_error(right, confidence),
    }


def _one_against_rest(truth: Integers, probabilities: Floats) -> Measure:
    """Mean over the classes of the ROC AUC of each against all others.

    Provost and Domingos, "Well-trained PETs", CeDER working paper IS-00-04 (2000), unweighted.
    Classes that have no rows, or all, are left out.
    """
    each = [
        ranking.roc_auc(truth == code, probabilities[:, code])
        for code in range(probabilities.shape[1])
        if 0 < np.count_nonzero(truth == code) < len(truth)
    ]

    def measure(weights: Floats) -> Floats:
        areas = np.array([area(weights) for area in each]).reshape(len(each), len(weights))
        present = np.isfinite(areas)
        return ratio(np.where(present, areas, 0.0).sum(axis=0), present.sum(axis=0))

    return measure


def _of_regression(outcome: Estimated) -> dict[Metric, Measure]:
    return {
        Metric.RMSE: losses.rmse(outcome.truth, outcome.predicted),
        Metric.MAE: losses.mae(outcome.truth, outcome.predicted),
        Metric.R2: losses.r2(outcome.truth, outcome.predicted),
        Metric.MEDIAN_ABSOLUTE_ERROR: losses.median_absolute_error(
            outcome.truth, outcome.predicted
        ),
    }
