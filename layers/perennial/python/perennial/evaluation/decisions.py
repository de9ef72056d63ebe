"""Metrics of decided labels: how often the label that is given is the true one.

Definitions as in Sokolova and Lapalme, "A systematic analysis of performance measures for
classification tasks", Information Processing and Management 45 (2009).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from perennial.evaluation.measure import Floats, Integers, Measure, Truths, mean_of, ratio, totals


def accuracy(truth: Integers, decided: Integers) -> Measure:
    """Share of rows with the right label."""
    return mean_of((truth == decided).astype(np.float64))


def precision(truth: Truths, decided: Truths) -> Measure:
    """Share of those called positive that are; 0 when none is called so."""
    return _quotient(truth & decided, decided)


def recall(truth: Truths, decided: Truths) -> Measure:
    """Share of the positives that are called so; 0 when there are none."""
    return _quotient(truth & decided, truth)


def _quotient(part: Truths, whole: Truths) -> Measure:
    def measure(weights: Floats) -> Floats:
        return ratio(weights @ part.astype(np.float64), weights @ whole.astype(np.float64), 0.0)

    return measure


def f1(truth: Truths, decided: Truths) -> Measure:
    """Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN); 0 when that is 0 / 0."""
    counts = _by_class(truth.astype(np.int64), decided.astype(np.int64), 2)

    def measure(weights: Floats) -> Floats:
        right, true, called = (of[:, 1] for of in counts(weights))
        return ratio(2 * right, true + called, empty=0.0)

    return measure


def macro_f1(truth: Integers, decided: Integers, classes: int) -> Measure:
    """Mean over the classes of their F1; a class neither true nor called anywhere is left out."""
    counts = _by_class(truth, decided, classes)

    def measure(weights: Floats) -> Floats:
        right, true, called = counts(weights)
        return np.asarray(np.nanmean(ratio(2 * right, true + called), axis=1))

    return measure


def balanced_accuracy(truth: Integers, decided: Integers, classes: int) -> Measure:
    """Mean over the classes present of the share of their rows that get the right label.

    Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010.
    """
    counts = _by_class(truth, decided, classes)

    def measure(weights: Floats) -> Floats:
        right, true, _ = counts(weights)
        return np.asarray(np.nanmean(ratio(right, true), axis=1))

    return measure


def _by_class(
    truth: Integers, decided: Integers, classes: int
) -> Callable[[Floats], tuple[Floats, Floats, Floats]]:
    """Weights by class [samples, classes]: given rightly, true, given."""
    is_right = (truth == decided).astype(np.float64)

    def counts(weights: Floats) -> tuple[Floats, Floats, Floats]:
        return (
            totals(weights * is_right, truth, classes),
            totals(weights, truth, classes),
            totals(weights, decided, classes),
        )

    return counts


def confusion(truth: Integers, decided: Integers, classes: int) -> list[list[int]]:
    """Rows by true class (first index) and given class (second)."""
    pairs = np.bincount(truth * classes + decided, minlength=classes * classes)
    return [[int(rows) for rows in line] for line in pairs.reshape(classes, classes)]
