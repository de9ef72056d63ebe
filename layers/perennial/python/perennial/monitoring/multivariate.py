"""Drift of all features together: can a classifier tell rows in service from those of training?

What moves no single feature, such as two that no longer go together, moves its AUC. It learns on
half of the rows and is judged on the other half, then the other way round (a classifier two-sample
test: Lopez-Paz and Oquab, 2017), so that what it learnt by heart counts for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.monitoring.design import Design
from perennial.monitoring.significance import combined
from perennial.monitoring.special import normal_tail

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Truths = npt.NDArray[np.bool_]
MINIMUM_AUC = 0.52  # a shift of one normal feature by a fourteenth of its standard deviation
_IMBALANCE = 3  # times as many rows as of the smaller sample are looked at
_SHRINKAGE = 0.3  # of standardised columns: many weak ones must not drown a strong one


@dataclass(frozen=True, slots=True)
class Separation:
    """How well rows of both kinds can be told apart.

    Attributes:
        auc: mean of both halves; 0.5 is not at all.
        probability: of such an AUC by chance.
        rows: that were looked at.
    """

    auc: float
    probability: float
    rows: int


def tell_apart(
    reference: pa.Table, current: pa.Table, features: Sequence[str], least: int
) -> Separation | None:
    """Judge some features of two samples of rows; None where there is too little to learn from.

    The order of the rows must be random: every other row is learnt from.

    Args:
        reference: rows of the training data.
        current: rows in service.
        features: the columns to look at, the most important first.
        least: rows each sample must have.
    """
    names = [n for n in features if n in reference.column_names and n in current.column_names]
    if not names or min(reference.num_rows, current.num_rows) < least:
        return None
    reference, current = _balanced(reference.select(names), current.select(names))
    design = Design.of(reference, current)
    in_service = np.arange(design.rows) >= reference.num_rows
    half = np.concatenate([np.arange(t.num_rows) % 2 == 0 for t in (reference, current)])
    found = [_judged(design, in_service, learnt) for learnt in (half, ~half)]
    probability = combined([p for _, p in found], (0.5, 0.5))
    return Separation(sum(auc for auc, _ in found) / 2, probability, design.rows)


def _balanced(*samples: pa.Table) -> tuple[pa.Table, ...]:
    """The larger sample cut: beyond a few times the smaller it costs time and finds no more."""
    most = _IMBALANCE * min(sample.num_rows for sample in samples)
    return tuple(sample.slice(0, most) for sample in samples)


def _judged(design: Design, in_service: Truths, learnt: Truths) -> tuple[float, float]:
    """AUC on the rows not learnt from, and its probability."""
    known, asked = design.columns(learnt)
    scores = asked @ _weights(known, in_service[learnt])
    truth = in_service[~learnt]
    return auc_and_probability(scores[~truth], scores[truth])


def _weights(columns: Singles, in_service: Truths) -> Floats:
    """Fisher's discriminant with a shrunken covariance; the classes weigh alike."""
    if not columns.shape[1]:
        return np.zeros(0)
    apart = columns[in_service].mean(axis=0) - columns[~in_service].mean(axis=0)
    together = (columns.T @ columns / len(columns)).astype(np.float64)
    together[np.diag_indices_from(together)] += _SHRINKAGE
    weights: Floats = np.linalg.solve(together, apart)
    return weights


def auc_and_probability(lower: Floats, higher: Floats) -> tuple[float, float]:
    """AUC of `higher` over `lower`, and the one-sided probability of at least it by chance.

    Mann and Whitney's test: its variance under permutation, with ties.
    """
    n, m = len(lower), len(higher)
    if not n or not m:
        return 0.5, 1.0
    _, place, ties = np.unique(
        np.concatenate([lower, higher]), return_inverse=True, return_counts=True
    )
    ranks = np.cumsum(ties) - (ties - 1) / 2
    auc = (float(ranks[place[n:]].sum()) - m * (m + 1) / 2) / (n * m)
    total = n + m
    tied = float((ties.astype(np.float64) ** 3 - ties).sum()) / (total * (total - 1))
    variance = (total + 1 - tied) / (12 * n * m)
    if variance <= 0:
        return 0.5, 1.0
    return auc, normal_tail((auc - 0.5) / math.sqrt(variance))
