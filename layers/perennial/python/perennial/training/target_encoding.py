"""Target encoding: a category stands for the target's mean among its rows.

Means are smoothed: `(sum + m * prior) / (rows + m)`, the m-estimate of Micci-Barreca (2001), "A
preprocessing scheme for high-cardinality categorical attributes", eq. 3 with a constant m. What
serves is learned from the whole training part. Training rows are given the means of the other
folds, so that none is told of its own target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perennial.features.steps import LOOKUP, Step
from perennial.spec.steps import Target as TargetStep
from perennial.training.dataset import Target

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Encoded:
    """What serves, and what the training rows are given instead, by column."""

    step: Step
    out_of_fold: dict[str, Floats]


def encoded_target(
    asked: TargetStep, codes: Floats, categories: int, target: Target, *, seed: int
) -> Encoded:
    """Learn the means of each category.

    Args:
        asked: the step of the spec.
        codes: of the training rows, [rows]; NaN where there is no category.
        categories: how many there are.
        target: of the training rows.
        seed: of the folds.
    """
    # Missing values are the last category: they may tell something too.
    places = np.where(np.isnan(codes), categories, codes).astype(np.int64)
    truth = _truth(target)
    table = _means(places, truth, categories, asked.smoothing)
    folds = _folds(len(places), asked.folds, seed)
    hidden = np.empty_like(truth)
    for fold in range(asked.folds):
        inside = folds == fold
        others = _means(places[~inside], truth[~inside], categories, asked.smoothing)
        hidden[inside] = others[places[inside]]
    several = target.classes if target.classes and len(target.classes) > 2 else ()
    outputs = asked.made_of(several)
    learned = {"table": table[:-1].tolist(), "missing": table[-1].tolist()}
    by_column = {name: hidden[:, place] for place, name in enumerate(outputs)}
    return Encoded(Step(LOOKUP, [asked.column], outputs, learned), by_column)


def _truth(target: Target) -> Floats:
    """What means are taken of, [rows, outputs]: numbers, or whether a row is of a class."""
    if target.classes is None:
        return np.asarray(target.values, dtype=np.float64).reshape(-1, 1)
    classes = [1] if len(target.classes) == 2 else range(len(target.classes))
    return np.column_stack([target.values == code for code in classes]).astype(np.float64)


def _means(places: Places, truth: Floats, categories: int, smoothing: float) -> Floats:
    """Smoothed means by category, the missing one last: [categories + 1, outputs]."""
    prior = truth.mean(axis=0)
    rows = np.bincount(places, minlength=categories + 1).astype(np.float64)
    sums = [np.bincount(places, one, minlength=categories + 1) for one in truth.T]
    weight = (rows + smoothing)[:, np.newaxis]
    with np.errstate(invalid="ignore"):  # no row and no smoothing: nothing over nothing
        found = (np.column_stack(sums) + smoothing * prior) / weight
    means: Floats = np.where(weight > 0, found, prior)
    return means


def _folds(rows: int, folds: int, seed: int) -> Places:
    """The fold of each row, at random and of even sizes."""
    order = np.random.Generator(np.random.PCG64(seed)).permutation(rows)
    found = np.empty(rows, dtype=np.int64)
    found[order] = np.arange(rows) % folds
    return found
