"""What a version pays attention to: the contributions of features over a sample of the holdout.

Lundberg, Erion and others, "From local explanations to global understanding with explainable AI
for trees", Nature Machine Intelligence 2 (2020): Shapley values of single predictions, summed up.
The contributions are those the endpoint gives: exact, for boosted trees and linear models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from perennial.card.hidden import hidden
from perennial.card.record import Explained, Explanation
from perennial.evaluation.measure import Floats
from perennial.serving.engine import Engine
from perennial.serving.problems import Problem
from perennial.spec import ModelSpec, Task

ROWS = 500  # enough to rank features; one at a time is slow for large forests
POINTS = 120  # of a feature, in the picture
FEATURES = 15  # that are shown with points


def explain(
    spec: ModelSpec, engine: Engine, rows: Sequence[Mapping[str, object]]
) -> tuple[Explanation | None, str]:
    """The summary, or why there is none.

    Args:
        spec: of the model; sensitive features show no place of their values.
        engine: that serves the version.
        rows: of the holdout, as requests have them.
    """
    if not rows:
        return None, "no held-out row can be explained"
    try:
        reasons = engine.explain(rows)
    except Problem:
        return None, "contributions are given where they are exact: boosted trees, linear models"
    names = list(reasons[0].features)
    # [rows, outputs, features]; the base value comes last and is of no feature
    values = np.array([one.values for one in reasons], dtype=np.float64)[:, :, :-1]
    absolute = np.abs(values).mean(axis=(0, 1))
    total = float(absolute.sum()) or 1.0
    order = np.argsort(-absolute, kind="stable")
    single = values[:, 0, :] if values.shape[1] == 1 else None
    hides = hidden(spec)
    shown = {name for name in names if name in spec.features and name not in hides}
    found = tuple(
        Explained(
            feature=names[place],
            mean_absolute=float(absolute[place]),
            share=float(absolute[place]) / total,
            **_spread(
                single[:, place] if single is not None and rank < FEATURES else None,
                [row.get(names[place]) for row in rows] if names[place] in shown else None,
            ),
        )
        for rank, place in enumerate(order)
    )
    return Explanation(method=_METHOD, unit=_unit(spec), rows=len(rows), features=found), ""


_METHOD = "Shapley values of each prediction, as the endpoint explains it"


def _unit(spec: ModelSpec) -> str:
    return spec.target if spec.task is Task.REGRESSION else "log odds"


def _spread(contributions: Floats | None, values: Sequence[object] | None) -> dict[str, Any]:
    """Direction and points of one feature; neither where there is nothing to see."""
    if contributions is None:
        return {"direction": None, "points": ()}
    places = _places(values) if values is not None else None
    direction = _direction(places, contributions) if places is not None else None
    every = max(1, len(contributions) // POINTS)
    points = tuple(
        (
            float(contributions[row]),
            None if places is None or np.isnan(places[row]) else round(float(places[row]), 3),
        )
        for row in range(0, len(contributions), every)
    )
    return {"direction": direction, "points": points}


def _places(values: Sequence[object]) -> Floats | None:
    """Where each number stands among the others, 0 to 1; None where they are no numbers."""
    if not all(value is None or isinstance(value, int | float) for value in values):
        return None
    numbers = np.array([np.nan if value is None else float(value) for value in values])  # type: ignore[arg-type]
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return None
    ordered = np.unique(known)
    places = np.searchsorted(ordered, numbers) / max(len(ordered) - 1, 1)
    places[~np.isfinite(numbers)] = np.nan
    return np.asarray(places, dtype=np.float64)


def _direction(places: Floats, contributions: Floats) -> float | None:
    """Spearman's correlation: whether more of the feature means more of the prediction."""
    known = np.isfinite(places)
    if known.sum() < 3:
        return None
    left = _ranks(places[known])
    right = _ranks(contributions[known])
    if left.std() == 0 or right.std() == 0:
        return None
    return round(float(np.corrcoef(left, right)[0, 1]), 3)


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, ties sharing their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[place], dtype=np.float64)
