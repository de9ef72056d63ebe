"""A fitted pipeline in a form the light function runs, where every step of it can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

from perennial.serving.artifact import LEAVES, TREES
from perennial.training.data import TrainingData
from perennial.training.estimator import Exported
from perennial.training.pipeline.booster import folded_booster
from perennial.training.pipeline.columns import NotExportable
from perennial.training.pipeline.fold import folded
from perennial.training.pipeline.probe import Probe
from perennial.training.pipeline.weights import folded_weights
from perennial.training.scikit_trees import tree_of
from perennial.training.split import TRAIN
from perennial.training.trees import Tree, forest_of

__all__ = ["NotExportable", "exported"]

_EXPONENTIAL = ("gamma", "poisson")  # losses whose raw predictions are logarithms
_NO_START = "its first guess (init) is an estimator of its own"
Order = Sequence[int] | None  # of the pipeline's classes by ours; None for a regression


def exported(model: Any, data: TrainingData, columns: Order) -> Exported:
    """The pipeline for the light function.

    Args:
        model: fitted.
        data: what it was fitted on.
        columns: where the probability of each class stands among those it gives.

    Raises:
        NotExportable: something in it is not known here.
    """
    probe = Probe(model, data.encoder.features, data.matrix(TRAIN))
    export = _FINALS.get(type(probe.final))
    if export is None:
        raise NotExportable(f"it ends in a {type(probe.final).__name__}")
    probe.check_curves()
    return export(probe, columns)


def _forest(probe: Probe, order: Order) -> Exported:
    """The mean of the leaves a row ends in; of a single tree, the leaf."""
    final = probe.final
    if getattr(final, "n_outputs_", 1) != 1:
        raise NotExportable("it predicts more than one target")
    members = getattr(final, "estimators_", [final])
    trees = [tree_of(one.tree_, _leaves(one.tree_.value[:, 0, :], order)) for one in members]
    width = trees[0].values.shape[1]
    return _exported(
        folded(trees, probe, np.float32),
        probe,
        link="identity",
        base=[0.0] * width,
        scale=1.0 / len(trees),
        width=width,
        outputs=[0] * len(trees),
    )


def _leaves(values: Any, order: Order) -> Any:
    return values if order is None else values[:, list(order)]


def _boosting(probe: Probe, order: Order) -> Exported:
    final = probe.final
    if getattr(final, "init", None) is not None and final.init != "zero":
        raise NotExportable(_NO_START)
    values = [one.tree_.value[:, 0, :] * final.learning_rate for one in final.estimators_.ravel()]
    trees = [
        tree_of(one.tree_, value)
        for one, value in zip(final.estimators_.ravel(), values, strict=True)
    ]
    base = final._raw_predict_init(np.zeros((1, final.n_features_in_), dtype=np.float32))[0]
    # The raw prediction of this loss is half of the log-odds.
    scale = 2.0 if final.loss == "exponential" else 1.0
    return _additive(folded(trees, probe, np.float32), probe, order, base, _link(order), scale)


def _hist_boosting(probe: Probe, order: Order) -> Exported:
    final = probe.final
    if final.is_categorical_ is not None and np.any(final.is_categorical_):
        raise NotExportable(f"its {type(final).__name__} has categorical_features")
    trees = [_hist_tree(predictor) for one in final._predictors for predictor in one]
    exponential = order is None and final.loss in _EXPONENTIAL
    link = "exponential" if exponential else _link(order)
    base = np.ravel(final._baseline_prediction)
    return _additive(folded(trees, probe, np.float64), probe, order, base, link, 1.0)


def _hist_tree(predictor: Any) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"].astype(np.bool_),
        values=nodes["value"].astype(np.float64).reshape(-1, 1),
    )


def _link(order: Order) -> str:
    if order is None:
        return "identity"
    return "logistic" if len(order) == 2 else "softmax"


def _additive(
    trees: list[Tree], probe: Probe, order: Order, base: Any, link: str, scale: float
) -> Exported:
    """Trees that each add to one raw prediction, those of the classes in turn."""
    places = [number % len(base) for number in range(len(trees))]
    if order is not None and len(base) == 1:
        # The raw prediction is that of the pipeline's second class, which may be our first.
        scale = scale if order[1] == 1 else -scale
    elif order is not None:
        base = base[list(order)]
        places = [list(order).index(place) for place in places]
    start = [float(value) for value in base]
    return _exported(trees, probe, link=link, base=start, scale=scale, width=1, outputs=places)


def _exported(trees: list[Tree], probe: Probe, **engine: Any) -> Exported:
    forest = forest_of(trees, len(probe.features))
    form = {"kind": "forest", "offsets": forest.offsets, **engine}
    return Exported(form, {TREES: forest.model, LEAVES: forest.leaves})


_Export = Callable[[Probe, Order], Exported]
_FINALS: dict[type[Any], _Export] = {
    **dict.fromkeys((DecisionTreeClassifier, DecisionTreeRegressor), _forest),
    **dict.fromkeys((ExtraTreesClassifier, ExtraTreesRegressor), _forest),
    **dict.fromkeys((RandomForestClassifier, RandomForestRegressor), _forest),
    **dict.fromkeys((GradientBoostingClassifier, GradientBoostingRegressor), _boosting),
    **dict.fromkeys(
        (HistGradientBoostingClassifier, HistGradientBoostingRegressor), _hist_boosting
    ),
    **dict.fromkeys(
        (ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge), folded_weights
    ),
    **dict.fromkeys((XGBClassifier, XGBRegressor), folded_booster),
}
