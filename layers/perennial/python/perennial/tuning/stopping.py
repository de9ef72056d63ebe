"""When a trial is given up for being bad: the median rule.

Golovin et al., "Google Vizier: a service for black-box optimization", KDD (2017), 3.2.3: a trial is
stopped when its best value so far is worse than the median of what finished trials had at the
same step. Only earlier rounds count, so that a trial's fate does not depend on who ran beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, median

from perennial.spec import Algorithm, ModelSpec
from perennial.spec.tuning import Value
from perennial.tuning.records import Bounds, Trial

FEWEST = 5  # finished trials, before any is called bad
EVERY = 100  # boosting rounds, as a fit tells of its progress
# Trials that differ in one of these have losses on other scales.
_SCALE = ("objective", "loss", "eval_metric", "criterion", "scoring", "quantile", "alpha")


def bounds_of(
    spec: ModelSpec,
    algorithm: Algorithm,
    parameters: Mapping[str, Value],
    finished: Sequence[Trial],
) -> Bounds:
    """What a trial has to be better than; nothing while too few have finished."""
    complete = [trial for trial in finished if trial.complete]
    if not spec.tuning.stop_bad_trials or len(complete) < FEWEST:
        return Bounds()
    if spec.tuning.cross_validation is not None:
        return Bounds(folds=_by_folds(complete, spec.tuning.cross_validation.folds))
    scale = _scale(parameters)
    alike = [t for t in complete if t.algorithm is algorithm and _scale(t.parameters) == scale]
    return Bounds(rounds=_by_rounds([trial for trial in alike if trial.curve]))


def _by_folds(complete: Sequence[Trial], folds: int) -> dict[int, float]:
    return {
        judged: median(fmean(trial.folds[:judged]) for trial in complete)
        for judged in range(1, folds)
    }


def _by_rounds(alike: Sequence[Trial]) -> dict[int, float]:
    if len(alike) < FEWEST:
        return {}
    last = max(trial.curve[-1].round for trial in alike)
    return {
        rounds: median(_least(trial, rounds) for trial in alike)
        for rounds in range(EVERY + 1, last + 1, EVERY)
    }


def _least(trial: Trial, rounds: int) -> float:
    """The least loss up to a round; of a trial that needed fewer, its least."""
    seen = [point.validation for point in trial.curve if point.round <= rounds]
    return min(seen or [trial.curve[0].validation])


def _scale(parameters: Mapping[str, Value]) -> tuple[Value | None, ...]:
    return tuple(parameters.get(name) for name in _SCALE)
