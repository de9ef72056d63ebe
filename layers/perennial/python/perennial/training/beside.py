"""What a run leaves beside its candidate, to judge how the candidate was chosen.

Of a search, what the spec's own `algorithm` says of the holdout: so the evaluation can tell
whether tuning was worth it on rows that nothing was chosen by. With or without a search, the
result of the cross-validation.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import Any

import numpy as np

from perennial.errors import TrainingFailed
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.spec import SplitMethod
from perennial.training.algorithms import fit
from perennial.training.choice import Choice, with_estimator
from perennial.training.data import TrainingData
from perennial.training.estimator import Progress
from perennial.training.export import threshold_of
from perennial.training.folds import folds_of
from perennial.training.job import Job
from perennial.training.judging import judge, scores_on
from perennial.training.split import HOLDOUT


def leave_default(
    job: Job,
    data: TrainingData,
    choice: Choice | None,
    run_uri: str,
    store: ObjectStore,
    *,
    threads: int,
    progress: Progress,
) -> dict[str, Any] | None:
    """Fit the spec's own `algorithm` as a run without a search would, and keep what it says.

    Returns:
        For `training.json`; None without a search. `scores` names the file of its answers on the
        holdout, [rows, outputs] in file order; it is None where the default won or cannot be
        fitted, and `note` says so.

    Raises:
        Unavailable: the store does not answer.
    """
    if choice is None:
        return None
    own = job.spec.algorithm
    told: dict[str, Any] = {"algorithm": own.name.value, "parameters": dict(own.parameters)}
    if choice.search.best == choice.search.default.number:
        note = "the search found nothing better than the default"
        return told | {"scores": None, "threshold": None, "note": note}
    try:
        data = with_estimator(data, own)
        fitted = fit(data, seed=job.seed, threads=threads, progress=progress)
        threshold = threshold_of(data, fitted)
        if job.spec.split.method is SplitMethod.TIME:
            fitted = fitted.refitted()
        scores = scores_on(data, fitted.predict, HOLDOUT)
    except TrainingFailed as error:
        return told | {"scores": None, "threshold": None, "note": f"the default fails: {error}"}
    body = io.BytesIO()
    np.save(body, scores.astype(np.float64), allow_pickle=False)
    store.write(run_uri + layout.DEFAULT_SCORES, body.getvalue(), "application/octet-stream")
    return told | {"scores": layout.DEFAULT_SCORES, "threshold": threshold, "note": ""}


def cross_validated(
    job: Job,
    data: TrainingData,
    choice: Choice | None,
    *,
    threads: int,
    progress: Progress,
) -> dict[str, Any] | None:
    """The candidate's metric by fold; None where the spec asks for no folds.

    A search has judged its winner on the folds already.

    Raises:
        TrainingFailed: there are too few rows or groups, or a fold cannot be fitted.
    """
    asked = job.spec.tuning.cross_validation
    if asked is None:
        return None
    metric = job.spec.tuning.metric or job.spec.primary
    found: Sequence[float]
    if choice is not None:
        found = choice.search.winner.folds
    else:
        folds = folds_of(data, asked, job.seed)
        found = judge(data, folds, metric, seed=job.seed, threads=threads, progress=progress).folds
    return {
        "method": asked.method.value,
        "metric": metric.value,
        "folds": list(found),
        "mean": fmean(found),
        "deviation": pstdev(found),
    }


def summary(choice: Choice | None) -> dict[str, Any] | None:
    """The search in short, for `training.json`."""
    if choice is None:
        return None
    search = choice.search
    return {
        "digest": choice.digest,
        "method": search.method.value,
        "metric": search.metric.value,
        "trials": len(search.trials),
        "best": search.best,
        "ended_by": search.ended_by,
    }
