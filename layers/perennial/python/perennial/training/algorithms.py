"""The estimators by name, each imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from perennial.spec import Algorithm
from perennial.training.data import TrainingData
from perennial.training.estimator import Fitted, Parameters, Progress

# Where the function is that fits it; one may fit a whole family, by the name in the spec.
_FITTED_BY = {
    Algorithm.XGBOOST: "boosting:fit_boosted",
    Algorithm.LINEAR: "linear:fit_linear",
    Algorithm.LOGISTIC_REGRESSION: "linear:fit_linear",
    Algorithm.LINEAR_REGRESSION: "linear:fit_linear",
    Algorithm.RIDGE: "linear:fit_linear",
    Algorithm.RANDOM_FOREST: "forests:fit_forest",
    Algorithm.EXTRA_TREES: "forests:fit_forest",
    Algorithm.GRADIENT_BOOSTING: "gradient_boosting:fit_gradient_boosting",
    Algorithm.HIST_GRADIENT_BOOSTING: "hist_boosting:fit_hist_boosting",
    Algorithm.PIPELINE: "pipeline.fitted:fit_pipeline",
}


class _Fit(Protocol):
    def __call__(
        self,
        data: TrainingData,
        given: Parameters,
        *,
        seed: int,
        threads: int,
        progress: Progress,
    ) -> Fitted: ...


def import_algorithm(algorithm: Algorithm) -> _Fit:
    """What fits an algorithm; its library is imported now, unless it has been."""
    module, _, name = _FITTED_BY[algorithm].partition(":")
    found: _Fit = getattr(import_module(f"perennial.training.{module}"), name)
    return found


def fit(data: TrainingData, *, seed: int, threads: int, progress: Progress) -> Fitted:
    """Fit the estimator of the spec.

    Raises:
        TrainingFailed: a parameter is unknown or refused, or the fit breaks.
    """
    estimator = data.dataset.spec.algorithm
    chosen = import_algorithm(estimator.name)
    return chosen(data, estimator.parameters, seed=seed, threads=threads, progress=progress)
