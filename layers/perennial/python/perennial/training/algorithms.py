"""The estimators by name, each imported only when it is asked for."""

from __future__ import annotations

from perennial.spec import Algorithm
from perennial.training.data import TrainingData
from perennial.training.estimator import Fitted, Progress


def fit(data: TrainingData, *, seed: int, threads: int, progress: Progress) -> Fitted:
    """Fit the estimator of the spec.

    Raises:
        TrainingFailed: a parameter is unknown or refused, or the fit breaks.
    """
    estimator = data.dataset.spec.algorithm
    settings = {"seed": seed, "threads": threads, "progress": progress}
    if estimator.name is Algorithm.XGBOOST:
        from perennial.training.boosting import fit_boosted

        return fit_boosted(data, estimator.parameters, **settings)  # type: ignore[arg-type]
    if estimator.name is Algorithm.LINEAR:
        from perennial.training.linear import fit_linear

        return fit_linear(data, estimator.parameters, **settings)  # type: ignore[arg-type]
    if estimator.name is Algorithm.RANDOM_FOREST:
        from perennial.training.random_forest import fit_forest

        return fit_forest(data, estimator.parameters, **settings)  # type: ignore[arg-type]
    from perennial.training.hist_boosting import fit_hist_boosting

    return fit_hist_boosting(data, estimator.parameters, **settings)  # type: ignore[arg-type]
