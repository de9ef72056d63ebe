"""Metrics that are a mean over rows, or nearly: proper scores, and errors of a regression."""

from __future__ import annotations

import numpy as np

from perennial.evaluation.measure import Floats, Integers, Measure, Truths, mean_of, ratio

_EPSILON = float(np.finfo(np.float64).eps)


def log_loss(truth: Integers, probabilities: Floats) -> Measure:
    """Mean of -log p of the true class; p is held off 0 by the machine epsilon of a double.

    Good, "Rational decisions", J. Royal Statistical Society B 14 (1952).

    Args:
        truth: codes of the true classes [rows].
        probabilities: [rows, classes].
    """
    of_truth = probabilities[np.arange(len(truth)), truth]
    return mean_of(-np.log(np.clip(of_truth, _EPSILON, 1 - _EPSILON)))


def brier(truth: Truths, probability: Floats) -> Measure:
    """Mean of (p - y)², between 0 and 1.

    Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review
    78 (1950), in the form for two classes.
    """
    return mean_of((probability - truth) ** 2)


def mae(truth: Floats, predicted: Floats) -> Measure:
    """Mean absolute error, in units of the target."""
    return mean_of(np.abs(truth - predicted))


def rmse(truth: Floats, predicted: Floats) -> Measure:
    """Root of the mean squared error, in units of the target."""
    squared = mean_of((truth - predicted) ** 2)

    def measure(weights: Floats) -> Floats:
        return np.sqrt(squared(weights))

    return measure


def r2(truth: Floats, predicted: Floats) -> Measure:
    """Share of the target's variance that is explained: 1 - SSE / SST.

    Wright, "Correlation and causation", J. Agricultural Research 20 (1921). Of a target that
    does not vary it is 1 when every prediction is right and 0 otherwise.
    """
    centred = truth - truth.mean()
    if np.all(truth == truth[0]):
        centred = np.zeros_like(truth)
    errors = (truth - predicted) ** 2

    def measure(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        variation = weights @ centred**2 - (weights @ centred) ** 2 / total
        unexplained = weights @ errors
        return 1 - np.where(
            variation > 0, ratio(unexplained, variation, empty=0.0), (unexplained > 0) * 1.0
        )

    return measure


def median_absolute_error(truth: Floats, predicted: Floats) -> Measure:
    """Median of the absolute errors, in units of the target; weights are counts of rows."""
    errors = np.abs(truth - predicted)
    order = np.argsort(errors)
    ranked = errors[order]

    def measure(weights: Floats) -> Floats:
        up_to = np.cumsum(weights[:, order], axis=1)
        rows = up_to[:, -1]
        lower = (up_to <= ((rows - 1) // 2)[:, None]).sum(axis=1)
        upper = (up_to <= (rows // 2)[:, None]).sum(axis=1)
        return np.asarray((ranked[lower] + ranked[upper]) / 2)

    return measure
