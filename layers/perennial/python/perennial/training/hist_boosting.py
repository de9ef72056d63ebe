"""Histogram gradient boosting of scikit-learn, stopped early on the validation part."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from perennial.features.columnar import Matrix
from perennial.serving.artifact import LEAVES, TREES
from perennial.spec import Task
from perennial.training.compact import CompactCodes
from perennial.training.data import TrainingData
from perennial.training.estimator import Exported, Parameters, Progress
from perennial.training.scikit import Context, FittedScikit, build, fitting
from perennial.training.split import TRAIN, VALIDATION
from perennial.training.trees import Tree, forest_of

DEFAULTS: dict[str, object] = {"max_iter": 1000, "n_iter_no_change": 30}
_LINKS = {Task.BINARY: "logistic", Task.MULTICLASS: "softmax"}
_EXPONENTIAL = ("gamma", "poisson")  # losses whose raw predictions are logarithms
MOST_BINS = 255
_CURVE_POINTS = 200


class FittedHistBoosting(FittedScikit):
    """A model over compact codes, cut to the rounds that helped."""

    def __init__(
        self,
        model: Any,
        compact: CompactCodes,
        data: TrainingData,
        parameters: dict[str, Any],
        context: Context,
    ) -> None:
        super().__init__(model, data, parameters, context)
        self._compact = compact

    def columns(self, codes: Matrix) -> npt.NDArray[np.float64]:
        """Categories first, and without gaps."""
        return self._compact.columns(codes)

    def cut(self) -> None:
        """Once it is fitted: drop the rounds after the best one of the validation part."""
        self.learning_curve = _curve(self._model)
        best = int(np.argmax(self._model.validation_score_))  # the first is before any round
        del self._model._predictors[max(best, 1) :]
        self.best_iteration = len(self._model._predictors)

    def refitted(self) -> FittedHistBoosting:
        """The same with as many rounds, fitted on training and validation part together."""
        codes = self._data.matrix(TRAIN, VALIDATION)
        compact = CompactCodes(codes, self._data.categories, self._model.max_bins)
        model = clone(self._model).set_params(
            early_stopping=False,
            max_iter=self.best_iteration,
            categorical_features=compact.categorical,
        )
        again = FittedHistBoosting(model, compact, self._data, self.parameters, self._context)
        again.fit(codes, TRAIN, VALIDATION)
        again.best_iteration, again.learning_curve = self.best_iteration, self.learning_curve
        return again

    def importances(self) -> npt.NDArray[np.float64]:
        """Total gain of the splits on each feature."""
        found = np.zeros(len(self._compact.order))
        for predictor in self._predictors():
            nodes = predictor.nodes[predictor.nodes["is_leaf"] == 0]
            places = self._compact.order[nodes["feature_idx"]]
            np.add.at(found, places, np.maximum(nodes["gain"], 0.0))
        return found

    def export(self) -> Exported:
        """All trees; the raw prediction is the baseline and the leaves a row ends in."""
        trees = [self._tree(predictor) for predictor in self._predictors()]
        forest = forest_of(trees, len(self._compact.order))
        base = np.ravel(self._model._baseline_prediction).tolist()
        exponential = self.parameters.get("loss") in _EXPONENTIAL
        link = "exponential" if exponential else _LINKS.get(self._data.task, "identity")
        engine = {
            "kind": "forest",
            "link": link,
            "base": base,
            "scale": 1.0,
            "width": 1,
            "offsets": forest.offsets,
            "outputs": [number % len(base) for number in range(len(trees))],
        }
        return Exported(engine, {TREES: forest.model, LEAVES: forest.leaves})

    def _predictors(self) -> list[Any]:
        """Trees in the order of their sums: round by round, class by class."""
        return [predictor for one in self._model._predictors for predictor in one]

    def _tree(self, predictor: Any) -> Tree:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        to_right = {
            int(node): self._compact.to_right(
                int(nodes["feature_idx"][node]),
                predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]],
                missing_left=bool(nodes["missing_go_to_left"][node]),
            )
            for node in np.flatnonzero(~leaf & nodes["is_categorical"].astype(bool))
        }
        return Tree(
            left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
            right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
            feature=self._compact.order[nodes["feature_idx"]],
            threshold=nodes["num_threshold"].astype(np.float64),
            missing_left=nodes["missing_go_to_left"].astype(np.bool_),
            values=nodes["value"].astype(np.float64).reshape(-1, 1),
            to_right=to_right,
        )


def _curve(model: Any) -> list[dict[str, float]]:
    """Loss by round, thinned to some points that are enough for a plot."""
    train, validation = -model.train_score_, -model.validation_score_
    last = len(train) - 1
    step = max(1, last // _CURVE_POINTS)
    return [
        {"round": place, "train": float(train[place]), "validation": float(validation[place])}
        for place in sorted({*range(1, last + 1, step), last})
        if place
    ]


def fit_hist_boosting(
    data: TrainingData, given: Parameters, *, seed: int, threads: int, progress: Progress
) -> FittedHistBoosting:
    """Fit on the training part, and stop when the validation part gains no more.

    Raises:
        TrainingFailed: a parameter is unknown or refused.
    """
    regression = data.task is Task.REGRESSION
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    codes = data.matrix(TRAIN)
    bins = given.get("max_bins", MOST_BINS)
    most = bins if isinstance(bins, int) else MOST_BINS  # the library says what is wrong with it
    compact = CompactCodes(codes, data.categories, most)
    model, parameters = build(
        kind,
        given,
        DEFAULTS,
        "hist_gradient_boosting",
        random_state=seed,
        early_stopping=True,
        categorical_features=compact.categorical,
    )
    context = partial(fitting, "hist_gradient_boosting", threads, progress)
    fitted = FittedHistBoosting(model, compact, data, parameters, context)
    fitted.fit(
        codes,
        TRAIN,
        X_val=compact.columns(data.matrix(VALIDATION)),
        y_val=data.labels(VALIDATION),
        sample_weight_val=data.weights(VALIDATION),
    )
    fitted.cut()
    return fitted
