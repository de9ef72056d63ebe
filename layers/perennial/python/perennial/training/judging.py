"""How good an estimator is on rows that may be looked at while it is chosen; never the holdout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from perennial.errors import TrainingFailed
from perennial.evaluation.measure import value
from perennial.evaluation.measures import Classified, Estimated, Outcome, measures
from perennial.spec import Metric
from perennial.training.algorithms import fit
from perennial.training.data import TrainingData
from perennial.training.estimator import Fitted, Progress, Scores
from perennial.training.split import VALIDATION
from perennial.training.threshold import UNDECIDED, best_threshold
from perennial.tuning.records import Bounds, CurvePoint

_CURVE_POINTS = 40
_POINT = ("round", "train", "validation")


class Stopped(Exception):
    """A trial is worse than half of the earlier ones; says where it stood."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a trial came to."""

    value: float | None  # None: given up before its metric was known
    folds: tuple[float, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    stopped: str = ""  # why it was given up


def judge(
    data: TrainingData,
    folds: Sequence[TrainingData],
    metric: Metric,
    *,
    seed: int,
    threads: int,
    progress: Progress,
    bounds: Bounds | None = None,
) -> Judged:
    """Fit the estimator of `data` and judge it: on its validation part, or on all folds.

    Args:
        data: with the estimator to fit.
        folds: the same divided for cross-validation; none to judge on the validation part.
        metric: to judge by.
        seed: of the estimator.
        threads: to fit with.
        progress: is told what happens.
        bounds: to give up at.

    Raises:
        TrainingFailed: it cannot be fitted, or the metric is undefined.
    """
    bounds = bounds or Bounds()
    if folds:
        return _on_folds(folds, metric, bounds, seed=seed, threads=threads, progress=progress)
    watch = _Watch(bounds.rounds, progress)
    try:
        fitted = fit(data, seed=seed, threads=threads, progress=watch)
    except Stopped as stopped:
        return Judged(None, curve=thinned(watch.points), stopped=str(stopped))
    return Judged(_value(data, fitted, metric), curve=thinned(fitted.learning_curve))


def _on_folds(
    folds: Sequence[TrainingData],
    metric: Metric,
    bounds: Bounds,
    *,
    seed: int,
    threads: int,
    progress: Progress,
) -> Judged:
    found: list[float] = []
    for number, data in enumerate(folds, 1):
        fitted = fit(data, seed=seed, threads=threads, progress=progress)
        found.append(_value(data, fitted, metric))
        mean, bound = fmean(found), bounds.folds.get(number)
        if bound is not None and (mean < bound if metric.higher_is_better else mean > bound):
            told = f"after {number} of {len(folds)} folds worse than the median of earlier trials"
            return Judged(mean, tuple(found), stopped=told)
    return Judged(fmean(found), tuple(found))


class _Watch:
    """A `Progress` that gives a fit up once its least loss is above the bound of its round."""

    def __init__(self, bounds: dict[int, float], progress: Progress) -> None:
        self.points: list[dict[str, float]] = []
        self._bounds = bounds
        self._progress = progress

    def __call__(self, message: str, **fields: object) -> None:
        self._progress(message, **fields)
        found = ((name, fields.get(name)) for name in _POINT)
        point = {name: float(of) for name, of in found if isinstance(of, int | float)}
        if not {"round", "validation"} <= point.keys():
            return
        self.points.append(point)
        number = int(point["round"])
        bound = self._bounds.get(number)
        if bound is not None and min(one["validation"] for one in self.points) > bound:
            raise Stopped(f"after {number} rounds worse than the median of earlier trials")


def _value(data: TrainingData, fitted: Fitted, metric: Metric) -> float:
    scores = scores_on(data, fitted.predict, VALIDATION)
    outcome = _outcome(data, scores)
    found = value(measures(data.task, outcome)[metric], len(scores))
    if not np.isfinite(found):
        raise TrainingFailed(f"{metric} is not defined on the rows a trial is judged by")
    return found


def scores_on(data: TrainingData, predict: Callable[..., Scores], *parts: int) -> Scores:
    """What an estimator says of some parts, in file order: [rows, outputs]."""
    found: Scores = np.concatenate([predict(codes) for codes, _ in data.batches(*parts)])
    return found


def _outcome(data: TrainingData, scores: Scores) -> Outcome:
    labels, classes = data.labels(VALIDATION), data.target.classes
    if classes is None:
        return Estimated(labels.astype(np.float64), scores[:, 0])
    truth = labels.astype(np.int64)
    threshold = best_threshold(scores[:, 1], truth == 1) if len(classes) == 2 else UNDECIDED
    binary = data.task.value == "binary"
    return Classified(classes, truth, scores, threshold if binary else None)


def thinned(curve: Sequence[dict[str, float]]) -> tuple[CurvePoint, ...]:
    """Some points of a learning curve, its last and those that bounds are set on among them."""
    step = max(1, len(curve) // _CURVE_POINTS)
    kept = [
        point
        for place, point in enumerate(curve)
        if place % step == 0 or place == len(curve) - 1 or int(point["round"]) % 100 == 1
    ]
    return tuple(
        CurvePoint(round=int(p["round"]), train=p["train"], validation=p["validation"])
        for p in kept
        if {"train", "validation"} <= p.keys() and np.isfinite([p["train"], p["validation"]]).all()
    )
