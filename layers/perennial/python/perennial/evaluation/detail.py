"""What the report's plots show, thinned to what an eye can tell apart."""

from __future__ import annotations

import numpy as np

from perennial.evaluation.calibration import reliability
from perennial.evaluation.decisions import confusion
from perennial.evaluation.measure import Floats
from perennial.evaluation.measures import Classified, Estimated, Outcome
from perennial.evaluation.ranking import precision_recall_points, roc_points
from perennial.evaluation.record import Bins, Detail, Histogram, Points
from perennial.spec.metrics import Task

POINTS = 200
RESIDUAL_BINS = 40
ESTIMATE_BINS = 10


def detail(task: Task, outcome: Outcome, *, sensitive: bool = False) -> Detail:
    """Confusion and curves of a classification, residuals of a regression.

    Args:
        task: what is predicted.
        outcome: what was true and what was said.
        sensitive: whether no value of the target may be shown. Residuals and means of few rows
            would tell single values, so a regression then has no detail.
    """
    if isinstance(outcome, Estimated):
        return Detail() if sensitive else _of_regression(outcome)
    return _of_binary(outcome) if task is Task.BINARY else _of_multiclass(outcome)


def _of_binary(outcome: Classified) -> Detail:
    positive, probability = outcome.truth == 1, outcome.probabilities[:, 1]
    return Detail(
        confusion=_confusion(outcome),
        roc=_points(*roc_points(positive, probability)),
        precision_recall=_points(*precision_recall_points(positive, probability)),
        calibration=_bins(positive.astype(np.float64), probability),
    )


def _of_multiclass(outcome: Classified) -> Detail:
    right = (outcome.truth == outcome.decided).astype(np.float64)
    return Detail(
        confusion=_confusion(outcome),
        calibration=_bins(right, outcome.probabilities.max(axis=1)),
    )


def _of_regression(outcome: Estimated) -> Detail:
    """Residuals between their 0.5 % and 99.5 % quantiles; the ends take in what lies beyond."""
    residuals = outcome.truth - outcome.predicted
    low, high = np.quantile(residuals, [0.005, 0.995])
    if low == high:
        low, high = low - 0.5, high + 0.5
    rows, edges = np.histogram(np.clip(residuals, low, high), RESIDUAL_BINS, (low, high))
    return Detail(
        residuals=Histogram(edges=tuple(edges.tolist()), rows=tuple(rows.tolist())),
        estimates=_deciles(outcome),
    )


def _deciles(outcome: Estimated) -> Points:
    """Mean prediction and mean truth of groups of rows, by ascending prediction."""
    groups = np.array_split(np.argsort(outcome.predicted, kind="stable"), ESTIMATE_BINS)
    filled = [group for group in groups if len(group)]
    return Points(
        x=tuple(float(outcome.predicted[group].mean()) for group in filled),
        y=tuple(float(outcome.truth[group].mean()) for group in filled),
    )


def _confusion(outcome: Classified) -> tuple[tuple[int, ...], ...]:
    found = confusion(outcome.truth, outcome.decided, len(outcome.labels))
    return tuple(tuple(line) for line in found)


def _bins(came_true: Floats, probability: Floats) -> Bins:
    found = reliability(came_true, probability)
    return Bins(predicted=found.predicted, observed=found.observed, rows=found.rows)


def _points(x: Floats, y: Floats) -> Points:
    kept = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(np.int64))
    return Points(x=tuple(x[kept].tolist()), y=tuple(y[kept].tolist()))
