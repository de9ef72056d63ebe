"""Gradient boosting of scikit-learn, stopped early on the validation part."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from perennial.errors import TrainingFailed
from perennial.features.columnar import Matrix
from perennial.serving.artifact import LEAVES, TREES
from perennial.spec import Task
from perennial.training.data import TrainingData
from perennial.training.estimator import Exported, Parameters, Progress
from perennial.training.imputed import Imputed
from perennial.training.scikit import Context, FittedScikit, build, fitting
from perennial.training.scikit_trees import tree_of
from perennial.training.split import TRAIN, VALIDATION
from perennial.training.staged import Staged
from perennial.training.trees import forest_of

_NAME = "gradient_boosting"
DEFAULTS: dict[str, object] = {"n_estimators": 500, "n_iter_no_change": 30}
_LINKS = {Task.BINARY: "logistic", Task.MULTICLASS: "softmax", Task.REGRESSION: "identity"}


class FittedGradientBoosting(FittedScikit):
    """A model over imputed columns, cut to the rounds that helped."""

    def __init__(
        self,
        model: Any,
        imputed: Imputed,
        data: TrainingData,
        parameters: dict[str, Any],
        context: Context,
    ) -> None:
        super().__init__(model, data, parameters, context)
        self._imputed = imputed

    def columns(self, codes: Matrix) -> Matrix:
        """No value is missing; marks say which were."""
        return self._imputed.columns(codes)

    def cut(self, staged: Staged, patience: int) -> None:
        """Once it is fitted: keep the rounds up to the best one, if it was to stop there."""
        if patience:
            self._model.estimators_ = self._model.estimators_[: staged.best]
        self.best_iteration = len(self._model.estimators_)
        self.learning_curve = staged.curve(self._model.train_score_)

    def refitted(self) -> FittedGradientBoosting:
        """The same with as many rounds, fitted on training and validation part together."""
        codes = self._data.matrix(TRAIN, VALIDATION)
        imputed = Imputed(codes, self._data.categorical)
        model = clone(self._model).set_params(n_estimators=self.best_iteration)
        again = FittedGradientBoosting(model, imputed, self._data, self.parameters, self._context)
        again.fit(codes, TRAIN, VALIDATION)
        again.best_iteration, again.learning_curve = self.best_iteration, self.learning_curve
        return again

    def importances(self) -> npt.NDArray[np.float64]:
        """Mean decrease in squared error, that of a mark counted to its feature."""
        return self._imputed.by_feature(self._model.feature_importances_)

    def export(self) -> Exported:
        """All trees; the raw prediction is that of no tree and the leaves a row ends in."""
        return exported_boosting(self._model, self._imputed, len(self._data.encoder))


def exported_boosting(model: Any, imputed: Imputed, features: int) -> Exported:
    """A fitted model of scikit-learn in the form that serves; `features` codes make a row."""
    trees = [
        imputed.unfolded(tree_of(one.tree_, one.tree_.value[:, 0, :] * model.learning_rate))
        for one in model.estimators_.ravel()  # round by round, class by class: as they are summed
    ]
    forest = forest_of(trees, features)
    base = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]
    engine = {
        "kind": "forest",
        "link": _LINKS[_task_of(model)],
        "base": base.tolist(),
        # The raw prediction of this loss is half of the log-odds.
        "scale": 2.0 if model.loss == "exponential" else 1.0,
        "width": 1,
        "offsets": forest.offsets,
        "outputs": [number % len(base) for number in range(len(trees))],
    }
    return Exported(engine, {TREES: forest.model, LEAVES: forest.leaves})


def _task_of(model: Any) -> Task:
    if isinstance(model, GradientBoostingRegressor):
        return Task.REGRESSION
    return Task.BINARY if model.n_trees_per_iteration_ == 1 else Task.MULTICLASS


def fit_gradient_boosting(
    data: TrainingData, given: Parameters, *, seed: int, threads: int, progress: Progress
) -> FittedGradientBoosting:
    """Fit on the training part, and stop when the validation part gains no more.

    Raises:
        TrainingFailed: a parameter is unknown or refused.
    """
    regression = data.task is Task.REGRESSION
    kind = GradientBoostingRegressor if regression else GradientBoostingClassifier
    model, parameters = build(kind, given, DEFAULTS, _NAME, random_state=seed)
    # The library would take rows for it from the training part.
    patience = _patience(parameters["n_iter_no_change"])
    model.set_params(n_iter_no_change=None)
    codes = data.matrix(TRAIN)
    context = partial(fitting, _NAME, threads, progress)
    fitted = FittedGradientBoosting(
        model, Imputed(codes, data.categorical), data, parameters, context
    )
    validation = fitted.columns(data.matrix(VALIDATION))
    staged = Staged(validation, data.labels(VALIDATION), patience, progress)
    fitted.fit(codes, TRAIN, monitor=staged)
    fitted.cut(staged, patience)
    return fitted


def _patience(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TrainingFailed(f"{_NAME}: n_iter_no_change must be a whole number, not below 0")
    return value
