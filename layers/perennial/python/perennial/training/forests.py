"""Random forests and extra trees of scikit-learn; a category is split as the number that codes it.

Both know what to do with a missing value: each split has learned where it goes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from perennial.serving.artifact import LEAVES, TREES
from perennial.spec import Algorithm, Task
from perennial.training.data import TrainingData
from perennial.training.estimator import Exported, Parameters, Progress
from perennial.training.scikit import Context, FittedScikit, build, fitting, steady
from perennial.training.scikit_trees import tree_of
from perennial.training.split import TRAIN, VALIDATION
from perennial.training.trees import forest_of

# Leaves of a few rows instead of one: as good on most data, and a tenth of the size to serve.
DEFAULTS: dict[str, object] = {"n_estimators": 200, "min_samples_leaf": 5}
_KINDS = {
    Algorithm.RANDOM_FOREST: (RandomForestClassifier, RandomForestRegressor),
    Algorithm.EXTRA_TREES: (ExtraTreesClassifier, ExtraTreesRegressor),
}


class FittedForest(FittedScikit):
    """A fitted forest."""

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
        self.fit(data.matrix(*parts), *parts)
        steady(self._model)

    def refitted(self) -> FittedForest:
        """The same, fitted on training and validation part together."""
        return FittedForest(
            self._model, self._data, self.parameters, self._context, TRAIN, VALIDATION
        )

    def importances(self) -> npt.NDArray[np.float64]:
        """Mean decrease in impurity."""
        found: npt.NDArray[np.float64] = self._model.feature_importances_
        return found

    def export(self) -> Exported:
        """All trees; a row's answer is the mean of the leaves it ends in."""
        return exported_forest(self._model, len(self._data.encoder))


def exported_forest(model: Any, features: int) -> Exported:
    """A fitted forest of scikit-learn in the form that serves; `features` codes make a row."""
    trees = [tree_of(one.tree_, one.tree_.value[:, 0, :]) for one in model.estimators_]
    forest = forest_of(trees, features)
    width = trees[0].values.shape[1]
    engine = {
        "kind": "forest",
        "link": "identity",
        "base": [0.0] * width,
        "scale": 1.0 / len(trees),
        "width": width,
        "offsets": forest.offsets,
        "outputs": [0] * len(trees),
    }
    return Exported(engine, {TREES: forest.model, LEAVES: forest.leaves})


def fit_forest(
    data: TrainingData, given: Parameters, *, seed: int, threads: int, progress: Progress
) -> FittedForest:
    """Fit the forest that the spec names on the training part.

    Raises:
        TrainingFailed: a parameter is unknown or refused.
    """
    name = data.dataset.spec.algorithm.name
    kind = _KINDS[name][data.task is Task.REGRESSION]
    model, parameters = build(kind, given, DEFAULTS, name, random_state=seed, n_jobs=threads)
    context = partial(fitting, name, threads, progress)
    return FittedForest(model, data, parameters, context, TRAIN)
