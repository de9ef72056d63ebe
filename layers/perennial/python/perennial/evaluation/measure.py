"""What a metric is here: a function of row weights, made once from fixed predictions.

With all weights 1 it is the metric itself. With the counts of a bootstrap sample it is the metric
of that sample, and what is costly (sorting) has been done only once. Metrics take many samples
at a time: weights are [samples, rows], the result is [samples]; NaN where it is undefined.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

Measure = Callable[[Floats], Floats]


def ratio(numerator: Floats, denominator: Floats | Integers, empty: float = np.nan) -> Floats:
    """Quotient, and `empty` where the denominator is 0."""
    result = np.full(np.broadcast(numerator, denominator).shape, empty)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def mean_of(values: Floats) -> Measure:
    """The weighted mean of a value per row."""

    def measure(weights: Floats) -> Floats:
        return ratio(weights @ values, weights.sum(axis=1))

    return measure


def totals(weights: Floats, group: Integers, groups: int) -> Floats:
    """Weight of the rows of each group: [samples, groups]."""
    return np.array([np.bincount(group, sample, groups) for sample in weights])


def value(measure: Measure, rows: int) -> float:
    """The metric itself, over all rows alike."""
    return float(measure(np.ones((1, rows)))[0])
