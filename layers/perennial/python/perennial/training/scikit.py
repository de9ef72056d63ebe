"""What the estimators of scikit-learn have in common: parameters, fits, warnings, threads."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
from sklearn.ensemble._forest import BaseForest
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from perennial.errors import TrainingFailed
from perennial.features.columnar import Matrix
from perennial.spec import Task
from perennial.training.data import TrainingData
from perennial.training.estimator import Parameters, Progress, Scores
from perennial.training.parameters import checked, with_defaults

# Decided by the platform, or without a meaning for one fit of one target.
_NOT_OFFERED = frozenset(
    {
        "categorical_features",
        "copy_X",
        "early_stopping",
        "interaction_cst",
        "monotonic_cst",
        "n_jobs",
        "oob_score",
        "random_state",
        "validation_fraction",
        "verbose",
        "warm_start",
    }
)


def build(
    kind: type[Any],
    given: Parameters,
    defaults: Mapping[str, object],
    algorithm: str,
    **ours: object,
) -> tuple[Any, dict[str, Any]]:
    """An estimator with the spec's parameters, and those parameters with the defaults.

    Raises:
        TrainingFailed: a parameter is unknown.
    """
    own = kind().get_params()
    deprecated = {name for name, value in own.items() if value == "deprecated"}
    known = {*own, *defaults} - _NOT_OFFERED - deprecated
    settings = with_defaults(checked(given, known, algorithm), defaults)
    shared = {name: value for name, value in ours.items() if name in own}
    return kind(**settings, **shared), settings


def scores_of(model: Any, task: Task, columns: Any) -> Scores:
    """What an estimator says: probabilities [rows, classes], or estimates [rows, 1]."""
    scores: Scores = (
        model.predict(columns).reshape(-1, 1)
        if task is Task.REGRESSION
        else model.predict_proba(columns)
    )
    return scores


def steady(model: Any) -> None:
    """Let the forests in a fitted model answer with one thread.

    With several, the library adds up the trees as they come, and the last bit of a probability,
    and of the threshold that is chosen by it, is another every time.
    """
    for part in (model, *model.get_params().values()):
        if isinstance(part, BaseForest):
            part.n_jobs = 1


# Opened around every fit of an estimator, the second one included.
Context = Callable[[], AbstractContextManager[None]]


@contextmanager
def fitting(algorithm: str, threads: int, progress: Progress) -> Iterator[None]:
    """Fit with some threads, telling what the library warns of.

    Raises:
        TrainingFailed: the library refuses a parameter or the data.
    """
    # BLAS adds up in another order on another number of threads, and the last bit is another.
    pinned = threadpool_limits({"openmp": threads, "blas": 1})
    with warnings.catch_warnings(record=True) as caught, pinned:
        warnings.simplefilter("always")
        try:
            yield
        except (ValueError, TypeError, ArithmeticError) as error:
            raise TrainingFailed(f"{algorithm}: {str(error).splitlines()[0][:300]}") from error
    for kind in sorted({one.category.__name__ for one in caught}):
        advice = (
            "raise max_iter, or leave out features that repeat each other"
            if kind == ConvergenceWarning.__name__
            else None
        )
        progress("the library warns", kind=kind, advice=advice)


class FittedScikit:
    """An estimator of scikit-learn as `perennial.training.estimator.Fitted`, but for its export.

    Attributes:
        parameters: as used, defaults included.
        best_iteration: rounds that are kept; None where there are none.
        learning_curve: loss by round.
    """

    exact = False
    best_iteration: int | None = None

    def __init__(
        self, model: Any, data: TrainingData, parameters: dict[str, Any], context: Context
    ) -> None:
        """Args: model: still to be fitted; context: of its fits."""
        self.parameters = parameters
        self.learning_curve: list[dict[str, float]] = []
        self._model = model
        self._data = data
        self._context = context

    def columns(self, codes: Matrix) -> Any:
        """What the estimator sees of encoded rows."""
        return codes

    def predict(self, codes: Matrix) -> Scores:
        """The estimator's own answer."""
        # The library's check for infinity adds up all codes, which may overflow.
        with np.errstate(over="ignore", invalid="ignore"):
            return scores_of(self._model, self._data.task, self.columns(codes))

    def fit(self, codes: Matrix, *parts: int, **further: Any) -> None:
        """Fit the model on the encoded rows of some parts.

        Raises:
            TrainingFailed: the library refuses a parameter or the data.
        """
        labels, weights = self._data.labels(*parts), self._data.weights(*parts)
        with self._context():
            self._model.fit(self.columns(codes), labels, sample_weight=weights, **further)
