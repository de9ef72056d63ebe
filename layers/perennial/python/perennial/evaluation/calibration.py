"""Whether a probability means what it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perennial.evaluation.measure import Floats, Integers, Measure, ratio, totals

BINS = 10  # of equal width between 0 and 1


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins that hold rows: what was predicted on average, what came true, how many rows."""

    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    rows: tuple[int, ...]


def calibration_error(came_true: Floats, probability: Floats) -> Measure:
    """Expected calibration error: mean over bins, by rows, of |observed - predicted|.

    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
    binning", AAAI 2015; for several classes, of the most probable one, as in Guo et al., "On
    calibration of modern neural networks", ICML 2017.

    Args:
        came_true: 1 where what was predicted with `probability` is so, else 0.
        probability: what it was given.
    """
    where, difference = _bin_of(probability), came_true - probability

    def measure(weights: Floats) -> Floats:
        of_bins = totals(weights * difference, where, BINS)
        return ratio(np.abs(of_bins).sum(axis=1), weights.sum(axis=1))

    return measure


def reliability(came_true: Floats, probability: Floats) -> Reliability:
    """The bins of a reliability diagram."""
    where = _bin_of(probability)
    rows = np.bincount(where, minlength=BINS)
    some = rows > 0
    predicted = np.bincount(where, probability, minlength=BINS)[some] / rows[some]
    observed = np.bincount(where, came_true, minlength=BINS)[some] / rows[some]
    return Reliability(
        tuple(predicted.tolist()), tuple(observed.tolist()), tuple(rows[some].tolist())
    )


def _bin_of(probability: Floats) -> Integers:
    """Bins are open below and closed above, except the first."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    return np.searchsorted(edges[1:-1], probability)
