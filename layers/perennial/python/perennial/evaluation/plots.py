"""The plots of an evaluation, from what its document holds."""

from __future__ import annotations

from collections.abc import Iterator

from perennial.evaluation.record import Bins, Evaluation, Histogram, Points
from perennial.report import Figure, Series, calibration, histogram, lines

UNIT = (0.0, 1.0)


def plots(found: Evaluation) -> Iterator[Figure]:
    """ROC, precision-recall and reliability of a classification; residuals of a regression."""
    detail = found.detail
    if detail.roc:
        yield _roc(detail.roc)
    if detail.precision_recall:
        yield _precision_recall(detail.precision_recall)
    if detail.calibration:
        yield _reliability(detail.calibration)
    if detail.residuals:
        yield _residuals(detail.residuals)
    if detail.estimates:
        yield _estimates(detail.estimates)


def _roc(points: Points) -> Figure:
    chart = lines(
        [Series("ROC", _pairs(points))],
        title="ROC curve",
        x_label="false positive rate",
        y_label="true positive rate",
        x_range=UNIT,
        y_range=UNIT,
        diagonal=True,
    )
    return Figure(chart, "How many positives are found at which cost in false alarms.")


def _precision_recall(points: Points) -> Figure:
    chart = lines(
        [Series("precision", _pairs(points))],
        title="Precision and recall",
        x_label="recall",
        y_label="precision",
        x_range=UNIT,
        y_range=UNIT,
    )
    return Figure(chart, "How many of those called positive are, at each recall.")


def _reliability(bins: Bins) -> Figure:
    chart = calibration(bins.predicted, bins.observed, bins.rows, title="Calibration")
    return Figure(chart, "On the diagonal, a probability of 30 % comes true in 30 % of the rows.")


def _residuals(found: Histogram) -> Figure:
    chart = histogram(found.edges, found.rows, title="Residuals", x_label="truth minus prediction")
    return Figure(chart, "Errors; the outermost bars take in all that lies beyond.")


def _estimates(points: Points) -> Figure:
    ends = (min(*points.x, *points.y), max(*points.x, *points.y))
    chart = lines(
        [Series("mean truth", _pairs(points))],
        title="Predicted and true",
        x_label="mean prediction",
        y_label="mean truth",
        x_range=ends,
        y_range=ends,
        diagonal=True,
    )
    return Figure(chart, "Tenths of the rows by prediction; on the diagonal it is right.")


def _pairs(points: Points) -> list[tuple[float, float]]:
    return list(zip(points.x, points.y, strict=True))
