"""What a classification does to groups: rates of decisions, by fairlearn over counted rows.

Every rate follows from how many rows of a group are true and called so. The rows are counted once
and fairlearn gets the counts as weights, so that a million rows cost it what a hundred do.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
from fairlearn import metrics as fairlearn
from sklearn.metrics import accuracy_score, precision_score

from perennial.evaluation.measure import Floats, Integers, Truths
from perennial.spec.fairness import Disparity
from perennial.training.fairness_intervals import Limits, Spread, difference, of_pairs, rates, ratio

Counts = Floats  # [groups, true or not, called so or not]

SELECTION_RATE = "selection_rate"
TRUE_POSITIVE_RATE = "true_positive_rate"
FALSE_POSITIVE_RATE = "false_positive_rate"
FALSE_NEGATIVE_RATE = "false_negative_rate"
PRECISION = "precision"
ACCURACY = "accuracy"
BASE_RATE = "base_rate"  # share of the rows for which the answer is yes

_METRICS = {
    SELECTION_RATE: fairlearn.selection_rate,
    TRUE_POSITIVE_RATE: fairlearn.true_positive_rate,
    FALSE_POSITIVE_RATE: fairlearn.false_positive_rate,
    FALSE_NEGATIVE_RATE: fairlearn.false_negative_rate,
    PRECISION: precision_score,
    ACCURACY: accuracy_score,
}
# What each disparity compares: of several rates, the one whose groups lie furthest apart.
COMPARED: Mapping[Disparity, tuple[str, ...]] = {
    Disparity.DEMOGRAPHIC_PARITY_DIFFERENCE: (SELECTION_RATE,),
    Disparity.DEMOGRAPHIC_PARITY_RATIO: (SELECTION_RATE,),
    Disparity.EQUALIZED_ODDS_DIFFERENCE: (TRUE_POSITIVE_RATE, FALSE_POSITIVE_RATE),
    Disparity.EQUALIZED_ODDS_RATIO: (TRUE_POSITIVE_RATE, FALSE_POSITIVE_RATE),
    Disparity.EQUAL_OPPORTUNITY_DIFFERENCE: (TRUE_POSITIVE_RATE,),
    Disparity.EQUAL_OPPORTUNITY_RATIO: (TRUE_POSITIVE_RATE,),
    Disparity.FALSE_POSITIVE_RATE_DIFFERENCE: (FALSE_POSITIVE_RATE,),
    Disparity.PRECISION_DIFFERENCE: (PRECISION,),
    Disparity.ACCURACY_DIFFERENCE: (ACCURACY,),
}


def counted(codes: Integers, groups: int, truth: Truths, called: Truths) -> Counts:
    """Rows of each group by what is true and what was called so."""
    cells = (codes * 2 + truth) * 2 + called
    return np.bincount(cells, minlength=groups * 4).reshape(groups, 2, 2).astype(np.float64)


def fractions(counts: Counts) -> dict[str, tuple[Floats, Floats]]:
    """Of each rate the rows that count and the rows of which they are, [groups] each."""
    rows, positives, called = counts.sum(axis=(1, 2)), counts[:, 1].sum(1), counts[:, :, 1].sum(1)
    hits = counts[:, 1, 1]
    return {
        BASE_RATE: (positives, rows),
        SELECTION_RATE: (called, rows),
        TRUE_POSITIVE_RATE: (hits, positives),
        FALSE_POSITIVE_RATE: (counts[:, 0, 1], rows - positives),
        FALSE_NEGATIVE_RATE: (counts[:, 1, 0], positives),
        PRECISION: (hits, called),
        ACCURACY: (hits + counts[:, 0, 0], rows),
    }


def by_group(counts: Counts) -> dict[str, Floats]:
    """The rates of fairlearn's `MetricFrame`, [groups]; each group has a row at least.

    Where a rate has no rows, fairlearn says 0.
    """
    groups = len(counts)
    # Both answers stand in every group, if with no weight: so nothing has to guess the labels.
    truth, called = np.tile([0, 0, 1, 1], groups), np.tile([0, 1, 0, 1], groups)
    weights = {"sample_weight": pd.Series(counts.reshape(-1))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rates without rows, which are left out afterwards
        frame = fairlearn.MetricFrame(
            metrics=dict(_METRICS),
            y_true=truth,
            y_pred=called,
            sensitive_features=np.repeat(np.arange(groups), 4),
            sample_params=dict.fromkeys(_METRICS, weights),
        )
    table = frame.by_group.sort_index()
    return {name: table[name].to_numpy(dtype=np.float64) for name in _METRICS}


class Rates:
    """The rates of one yes-or-no question, by group."""

    def __init__(self, counts: Counts) -> None:
        """Count; every group has a row at least."""
        self._fractions = fractions(counts)
        self._values = by_group(counts)

    def limited(self, tail: float) -> dict[str, Limits]:
        """Each rate by group with its limits; NaN where it has no rows."""
        every = slice(None)
        return {name: self._limits(name, every, tail) for name in self._fractions}

    def apart(self, fewest: int) -> dict[Disparity, tuple[Spread, Integers]]:
        """Each disparity, and the groups it was found among.

        A group takes part in a rate when at least `fewest` of its rows count for it: its positives
        for the true positive rate, those called positive for the precision. A disparity with fewer
        than two such groups in one of its rates is left out.
        """
        taking = {
            name: np.flatnonzero(rows >= fewest) for name, (_, rows) in self._fractions.items()
        }
        found = {}
        for disparity, names in COMPARED.items():
            if all(len(taking[name]) > 1 for name in names):
                each = [self._spread(disparity, name, taking[name], len(names)) for name in names]
                found[disparity] = each[0] if len(each) == 1 else _worse(disparity, *each)
        return found

    def _spread(
        self, disparity: Disparity, name: str, taking: Integers, families: int
    ) -> tuple[Spread, Integers]:
        limits = self._limits(name, taking, of_pairs(len(taking), families))
        return (ratio if disparity.is_ratio else difference)(limits), taking

    def _limits(self, name: str, chosen: Integers | slice, tail: float) -> Limits:
        hits, rows = (part[chosen] for part in self._fractions[name])
        limits = rates(hits, rows, tail)
        if name not in self._values:
            return limits
        value = np.where(rows > 0, self._values[name][chosen], np.nan)
        return Limits(value, limits.low, limits.high)


def _worse(
    disparity: Disparity, one: tuple[Spread, Integers], other: tuple[Spread, Integers]
) -> tuple[Spread, Integers]:
    """The rate whose groups lie further apart, with limits for the larger of both distances."""
    (mine, _), (theirs, _) = one, other
    choose = min if disparity.is_ratio else max
    shown, groups = one if choose(mine.value, theirs.value) == mine.value else other
    low, high = choose(mine.low, theirs.low), choose(mine.high, theirs.high)
    return Spread(shown.value, low, high, shown.smallest, shown.largest), groups
