"""A threshold for each group, chosen so that groups are treated alike.

Hardt, Price and Srebro, "Equality of opportunity in supervised learning", NIPS 2016, without the
random draws of section 3.2: the same person always gets the same answer. That is why there are
thresholds for equal selection rates and equal true positive rates, but none for equalized odds,
which in general only a random answer attains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from perennial.evaluation.measure import Floats, Integers, Truths
from perennial.features.columnar import encode_column
from perennial.features.schema import BOOLEAN, CATEGORY, FeatureSchema
from perennial.spec.fairness import Goal, Method
from perennial.training.data import TrainingData
from perennial.training.estimator import Fitted
from perennial.training.split import VALIDATION, rows_of

_STEPS = 200  # of the rate that all groups are brought to


@dataclass(frozen=True, slots=True)
class ByGroup:
    """Thresholds by group, and what they were chosen on.

    Attributes:
        manifest: what the artifact states of them.
        rows: of the validation part that decided, by group; the last are those without a value.
        thresholds: in the same order.
    """

    manifest: dict[str, Any]
    rows: tuple[int, ...]
    thresholds: tuple[float, ...]


def group_thresholds_of(data: TrainingData, fitted: Fitted, alike: float | None) -> ByGroup | None:
    """Thresholds by the groups that the spec names; None where it does not ask for any.

    Args:
        data: of the run.
        fitted: on the training part.
        alike: the one threshold that holds for everybody otherwise.
    """
    section = data.dataset.spec.fairness
    if section.mitigation.method is not Method.THRESHOLD or alike is None:
        return None
    name = str(section.mitigated_column)
    feature = next(one for one in data.encoder.features if one.name == name)
    edges = section.bins.get(name)
    codes = _groups(data, feature, edges)
    number = len(edges) + 1 if edges is not None else _codes_of(feature)
    scores = [fitted.predict(batch)[:, 1] for batch, _ in data.batches(VALIDATION)]
    thresholds, rows = balanced_thresholds(
        np.concatenate(scores),
        data.labels(VALIDATION) == 1,
        np.where(np.isnan(codes), number, codes).astype(np.int64),
        number + 1,
        section.mitigation.goal,
        fewest=section.minimum_group,
        alike=alike,
    )
    manifest = {
        "feature": name,
        "edges": None if edges is None else list(edges),
        "values": list(thresholds[:-1]),
        "missing": thresholds[-1],
    }
    return ByGroup(manifest, rows, thresholds)


def _codes_of(feature: FeatureSchema) -> int:
    return len(feature.categories or ()) if feature.type == CATEGORY else 2


def _groups(data: TrainingData, feature: FeatureSchema, edges: tuple[float, ...] | None) -> Floats:
    """Group of each row of the validation part; NaN without a value."""
    chosen = rows_of(data.parts, VALIDATION)
    found = encode_column(data.dataset.column(feature.name), feature)
    codes = np.asarray(found, dtype=np.float64)[chosen]
    if edges is None or feature.type in (CATEGORY, BOOLEAN):
        return codes
    places = np.searchsorted(np.array(edges), codes, side="right")
    return np.where(np.isnan(codes), np.nan, places)


def balanced_thresholds(
    scores: Floats,
    truth: Truths,
    codes: Integers,
    groups: int,
    goal: Goal,
    *,
    fewest: int,
    alike: float,
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """The thresholds of the largest F1 among those that give all groups the same rate.

    Args:
        scores: probability of the positive class, [rows].
        truth: whether the row is positive, [rows].
        codes: of each row's group, [rows].
        groups: how many there are.
        goal: which rate: of all rows that are called positive, or of the positive ones.
        fewest: rows that a group needs to get a threshold of its own.
        alike: the threshold of the others.

    Returns:
        The threshold of each group, and the rows it was chosen on (0 where it is `alike`).
    """
    counting = truth if goal is Goal.EQUAL_OPPORTUNITY else np.ones(len(truth), dtype=np.bool_)
    rows = np.bincount(codes[counting], minlength=groups)
    own = np.flatnonzero(rows >= fewest)
    thresholds = np.full(groups, alike)
    if len(own) < 2:
        return tuple(thresholds.tolist()), (0,) * groups
    ranked = {group: np.sort(scores[counting & (codes == group)])[::-1] for group in own.tolist()}
    best = -1.0
    for step in range(1, _STEPS):
        tried = np.full(groups, alike)
        for group, descending in ranked.items():
            tried[group] = _calling(descending, step / _STEPS)
        reached = _f1(truth, scores >= tried[codes])
        if reached > best:
            best, thresholds = reached, tried
    chosen = tuple(int(count) if group in ranked else 0 for group, count in enumerate(rows))
    return tuple(thresholds.tolist()), chosen


def _calling(descending: Floats, share: float) -> float:
    """The threshold that calls this share of the scores, halfway to the next lower one."""
    called = int(np.clip(round(share * len(descending)), 1, len(descending)))
    last = float(descending[called - 1])
    lower = float(descending[called]) if called < len(descending) else 0.0
    halfway = (last + lower) / 2
    return halfway if halfway > lower else last


def _f1(truth: Truths, called: Truths) -> float:
    return float(2 * (truth & called).sum() / max(truth.sum() + called.sum(), 1))
