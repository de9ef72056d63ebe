"""How far predictions of groups are from the truth: errors of numbers, and of probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from perennial.evaluation.calibration import BINS
from perennial.evaluation.measure import Floats, Integers
from perennial.spec.fairness import Disparity
from perennial.training.fairness_intervals import Limits, Spread, difference, means, of_pairs, ratio

MEAN_PREDICTION = "mean_prediction"
MEAN_TRUTH = "mean_truth"
MEAN_ERROR = "mean_error"  # prediction minus truth
MEAN_ABSOLUTE_ERROR = "mean_absolute_error"
MEAN_PROBABILITY = "mean_probability"
CALIBRATION_GAP = "calibration_gap"  # what came true minus the probability it was given
CALIBRATION_ERROR = "calibration_error"  # expected calibration error of the group

COMPARED: Mapping[Disparity, str] = {
    Disparity.MEAN_PREDICTION_DIFFERENCE: MEAN_PREDICTION,
    Disparity.MEAN_ERROR_DIFFERENCE: MEAN_ERROR,
    Disparity.MEAN_ABSOLUTE_ERROR_DIFFERENCE: MEAN_ABSOLUTE_ERROR,
    Disparity.MEAN_ABSOLUTE_ERROR_RATIO: MEAN_ABSOLUTE_ERROR,
    Disparity.CALIBRATION_DIFFERENCE: CALIBRATION_GAP,
}


class Averages:
    """Means by group of some values per row, and how they scatter."""

    def __init__(self, codes: Integers, groups: int, columns: Mapping[str, Floats]) -> None:
        self.rows = np.bincount(codes, minlength=groups).astype(np.float64)
        self._sums: dict[str, Floats] = {}
        self._squares: dict[str, Floats] = {}
        for name, values in columns.items():
            sums = np.bincount(codes, values, groups).astype(np.float64)
            middle = np.divide(sums, self.rows, out=np.zeros(groups), where=self.rows > 0)
            self._sums[name] = sums
            squares = np.bincount(codes, (values - middle[codes]) ** 2, groups)
            self._squares[name] = squares.astype(np.float64)

    def limited(self, tail: float) -> dict[str, Limits]:
        """Each mean with its limits, [groups]."""
        return {name: self._limits(name, slice(None), tail) for name in self._sums}

    def apart(self, fewest: int) -> dict[Disparity, tuple[Spread, Integers]]:
        """Each disparity of the means that are here, and the groups it was found among.

        Args:
            fewest: rows a group has at least; without two such groups there is no disparity.
        """
        taking = np.flatnonzero(self.rows >= fewest)
        if len(taking) < 2:
            return {}
        tail = of_pairs(len(taking))
        found = {}
        for disparity, name in COMPARED.items():
            if name in self._sums:
                limits = self._limits(name, taking, tail)
                found[disparity] = (ratio if disparity.is_ratio else difference)(limits), taking
        return found

    def _limits(self, name: str, chosen: Integers | slice, tail: float) -> Limits:
        sums, squares = self._sums[name][chosen], self._squares[name][chosen]
        return means(sums, squares, self.rows[chosen], tail)


def of_numbers(codes: Integers, groups: int, truth: Floats, predicted: Floats) -> Averages:
    """Averages of a regression: truth, prediction, and how far the two are apart, by group.

    Args:
        codes: the group of each row, from 0.
        groups: how many there are.
        truth: of each row.
        predicted: of each row, in the unit of the target.
    """
    error = predicted - truth
    columns = {
        MEAN_TRUTH: truth,
        MEAN_PREDICTION: predicted,
        MEAN_ERROR: error,
        MEAN_ABSOLUTE_ERROR: np.abs(error),
    }
    return Averages(codes, groups, columns)


def of_probabilities(
    codes: Integers, groups: int, came_true: Floats, probability: Floats
) -> Averages:
    """Averages of a classification: whether a probability means the same for every group."""
    columns = {MEAN_PROBABILITY: probability, CALIBRATION_GAP: came_true - probability}
    return Averages(codes, groups, columns)


def calibration_errors(
    codes: Integers, groups: int, came_true: Floats, probability: Floats
) -> Floats:
    """Expected calibration error of each group over bins of equal width, [groups].

    As `perennial.evaluation.calibration.calibration_error` has it for all rows. Of few rows it is
    large even where every probability is right, so no gate is set on it.
    """
    edges = np.linspace(0.0, 1.0, BINS + 1)
    cells = codes * BINS + np.searchsorted(edges[1:-1], probability)
    gaps = np.bincount(cells, came_true - probability, groups * BINS).reshape(groups, BINS)
    rows = np.bincount(codes, minlength=groups)
    whole = np.abs(gaps).sum(axis=1)
    errors: Floats = np.divide(whole, rows, out=np.full(groups, np.nan), where=rows > 0)
    return errors
