"""Small settings of each estimator, and what else its parameters may say about the answer."""

from __future__ import annotations

from typing import Any

from perennial.spec import Algorithm

Parameters = dict[str, Any]

SMALL: dict[str, Parameters] = {
    "xgboost": {"num_boost_round": 6, "min_child_weight": 0.1},
    "linear": {},
    "logistic_regression": {"max_iter": 100},
    "linear_regression": {},
    "ridge": {},
    "random_forest": {"n_estimators": 5, "min_samples_leaf": 1},
    "extra_trees": {"n_estimators": 5, "min_samples_leaf": 1},
    "gradient_boosting": {"n_estimators": 6},
    "hist_gradient_boosting": {"max_iter": 6, "min_samples_leaf": 2},
}
COMBINATIONS = [(name, task.value) for name in SMALL for task in Algorithm(name).tasks]

_FORESTS: list[Parameters] = [{"max_depth": 1}, {"bootstrap": False}, {"max_leaf_nodes": 2}]
_OF_CLASSES: list[Parameters] = [{"class_weight": "balanced"}]
_ANY: dict[str, list[Parameters]] = {
    "xgboost": [
        {"num_parallel_tree": 3, "subsample": 0.5},
        {"grow_policy": "lossguide", "max_leaves": 3},
        {"max_depth": 1, "eta": 1.0},
        {"base_score": 0.25},
        {"early_stopping_rounds": 0, "max_cat_to_onehot": 100},
        {"gamma": 1e9},  # every tree is one leaf
    ],
    "random_forest": [*_FORESTS, {"max_features": 1}, {"max_samples": 0.3}],
    "extra_trees": [*_FORESTS, {"max_features": 1}],
    "gradient_boosting": [
        {"init": "zero"},
        {"subsample": 0.5, "n_iter_no_change": 0},
        {"learning_rate": 5.0, "n_iter_no_change": 0},
        {"min_impurity_decrease": 1e9},  # every tree is one leaf
        {"max_leaf_nodes": 3, "max_features": "sqrt"},
    ],
    "hist_gradient_boosting": [
        {"max_depth": 1},
        {"max_bins": 3},
        {"min_samples_leaf": 1000},  # every tree is one leaf
        {"learning_rate": 5.0, "n_iter_no_change": 1000},
    ],
}
_BY_TASK: dict[tuple[str, str], list[Parameters]] = {
    ("xgboost", "binary"): [{"scale_pos_weight": 7.0}],
    ("xgboost", "regression"): [
        {"objective": name}
        for name in ("reg:absoluteerror", "reg:pseudohubererror", "count:poisson", "reg:gamma")
    ],
    ("logistic_regression", "binary"): [
        *_OF_CLASSES,
        {"C": 1e6},
        {"fit_intercept": False},
        {"solver": "liblinear", "l1_ratio": 1.0},
        {"solver": "newton-cholesky"},
    ],
    ("logistic_regression", "multiclass"): [*_OF_CLASSES, {"C": 1e6}, {"solver": "saga"}],
    ("linear_regression", "regression"): [{"fit_intercept": False}, {"positive": True}],
    ("ridge", "regression"): [{"alpha": 1e-9}, {"solver": "lsqr"}, {"fit_intercept": False}],
    ("random_forest", "binary"): [{"class_weight": "balanced_subsample"}, {"criterion": "entropy"}],
    ("random_forest", "multiclass"): _OF_CLASSES,
    ("random_forest", "regression"): [{"criterion": "absolute_error"}, {"criterion": "poisson"}],
    ("extra_trees", "binary"): _OF_CLASSES,
    ("extra_trees", "multiclass"): _OF_CLASSES,
    ("gradient_boosting", "binary"): [{"loss": "exponential"}],
    ("gradient_boosting", "regression"): [
        {"loss": "huber", "alpha": 0.7},
        {"loss": "quantile", "alpha": 0.2},
        {"loss": "absolute_error"},
    ],
    ("hist_gradient_boosting", "binary"): _OF_CLASSES,
    ("hist_gradient_boosting", "multiclass"): _OF_CLASSES,
    ("hist_gradient_boosting", "regression"): [
        {"loss": "poisson"},
        {"loss": "gamma"},
        {"loss": "absolute_error"},
        {"loss": "quantile", "quantile": 0.2},
    ],
}


_OF_POSITIVE = ("poisson", "gamma", "count:poisson", "reg:gamma")


def wants_positive(parameters: Parameters) -> bool:
    """Whether the estimator refuses targets that are not above zero."""
    return any(value in _OF_POSITIVE for value in parameters.values())


def variants(algorithm: str, task: str) -> list[Parameters]:
    """What may be set beside `SMALL`, one after the other."""
    return [{}, *_ANY.get(algorithm, []), *_BY_TASK.get((algorithm, task), [])]
