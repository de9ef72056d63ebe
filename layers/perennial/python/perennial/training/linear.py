"""Linear models; imputation, scaling and one-hot coding folded into the weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from perennial.features.columnar import Matrix
from perennial.spec import Algorithm, Task
from perennial.training.data import TrainingData
from perennial.training.design import Design
from perennial.training.estimator import Exported, Parameters, Progress
from perennial.training.scikit import Context, FittedScikit, build, fitting
from perennial.training.split import TRAIN, VALIDATION

_DEFAULTS: dict[type[Any], dict[str, object]] = {LogisticRegression: {"max_iter": 1000}}
_LINKS = {Task.BINARY: "logistic", Task.MULTICLASS: "softmax", Task.REGRESSION: "identity"}


class FittedLinear(FittedScikit):
    """A fitted linear model over a `Design`."""

    def __init__(
        self,
        model: Any,
        data: TrainingData,
        parameters: dict[str, Any],
        context: Context,
        *parts: int,
    ) -> None:
        """Fit a copy of `model` on some parts of the rows."""
        super().__init__(clone(model), data, parameters, context)
        codes = data.matrix(*parts)
        self._design = Design(codes, data.categories)
        self.fit(codes, *parts)

    def columns(self, codes: Matrix) -> Any:
        """Standardised numbers, and a column per category."""
        return self._design.columns(codes)

    def refitted(self) -> FittedLinear:
        """The same, fitted on training and validation part together."""
        return FittedLinear(
            self._model, self._data, self.parameters, self._context, TRAIN, VALIDATION
        )

    def importances(self) -> npt.NDArray[np.float64]:
        """Sum of the absolute weights of a feature's standardised columns."""
        weights = np.abs(np.atleast_2d(self._model.coef_)).sum(axis=0)
        return self._design.by_feature(weights)

    def export(self) -> Exported:
        """Weights over the codes themselves."""
        weights = np.atleast_2d(self._model.coef_).astype(np.float64)
        intercepts = np.broadcast_to(np.atleast_1d(self._model.intercept_), len(weights))
        engine = {"kind": "linear", "link": _LINKS[self._data.task]}
        return Exported(engine | self._design.folded(weights, intercepts.astype(np.float64)))


def fit_linear(
    data: TrainingData, given: Parameters, *, seed: int, threads: int, progress: Progress
) -> FittedLinear:
    """Fit the linear model that the spec names on the training part.

    Raises:
        TrainingFailed: a parameter is unknown or refused.
    """
    name = data.dataset.spec.algorithm.name
    kind = _kind(name, data.task)
    model, parameters = build(kind, given, _DEFAULTS.get(kind, {}), name, random_state=seed)
    context = partial(fitting, name, threads, progress)
    return FittedLinear(model, data, parameters, context, TRAIN)


def _kind(name: Algorithm, task: Task) -> type[Any]:
    least_squares = name is Algorithm.LINEAR_REGRESSION
    regression: type[Any] = LinearRegression if least_squares else Ridge
    classification: type[Any] = LogisticRegression
    return regression if task is Task.REGRESSION else classification
