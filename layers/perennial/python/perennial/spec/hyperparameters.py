"""Names of the hyperparameters each algorithm takes, so that a misspelt one is told at once.

The libraries themselves are in the training container only; a test holds the names to theirs.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection

from perennial.spec.algorithms import Algorithm
from perennial.spec.metrics import Task

# What other libraries call the same thing.
SYNONYMS = {
    "n_estimators": ("num_boost_round", "max_iter"),
    "num_rounds": ("num_boost_round",),
    "iterations": ("num_boost_round", "max_iter"),
    "max_iter": ("num_boost_round",),
    "num_boost_round": ("max_iter", "n_estimators"),
    "n_iter_no_change": ("early_stopping_rounds",),
    "early_stopping_rounds": ("n_iter_no_change",),
    "num_leaves": ("max_leaves", "max_leaf_nodes"),
    "learning_rate": ("eta",),
    "eta": ("learning_rate",),
    "penalty": ("l1_ratio",),
    "alpha": ("C",),
    "C": ("alpha",),
}
# What the platform decides, and why a spec cannot.
OURS = {
    "seed": "split.seed",
    "random_state": "split.seed",
    "n_jobs": "the size of the job",
    "nthread": "the size of the job",
    "num_class": "the target",
    "categorical_features": "the types of the features",
    "enable_categorical": "the types of the features",
}

_XGBOOST = """
    alpha base_score colsample_bylevel colsample_bynode colsample_bytree early_stopping_rounds eta
    eval_metric gamma grow_policy huber_slope interaction_constraints lambda learning_rate max_bin
    max_cat_threshold max_cat_to_onehot max_delta_step max_depth max_leaves min_child_weight
    min_split_loss monotone_constraints num_boost_round num_parallel_tree objective reg_alpha
    reg_lambda sampling_method scale_pos_weight subsample tweedie_variance_power
"""
_LOGISTIC = "C class_weight dual fit_intercept intercept_scaling l1_ratio max_iter solver tol"
_RIDGE = "alpha fit_intercept max_iter positive solver tol"
_FOREST = """
    bootstrap ccp_alpha criterion max_depth max_features max_leaf_nodes max_samples
    min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf n_estimators
"""
_BOOSTING = """
    ccp_alpha init learning_rate loss max_depth max_features max_leaf_nodes min_impurity_decrease
    min_samples_leaf min_samples_split min_weight_fraction_leaf n_estimators n_iter_no_change
    subsample tol
"""
_HISTOGRAMS = """
    l2_regularization learning_rate loss max_bins max_depth max_features max_iter max_leaf_nodes
    min_samples_leaf n_iter_no_change scoring tol
"""
# For classes, and for numbers.
_NAMES: dict[Algorithm, tuple[str, str]] = {
    Algorithm.XGBOOST: (_XGBOOST, _XGBOOST),
    Algorithm.LINEAR: (_LOGISTIC, _RIDGE),
    Algorithm.LOGISTIC_REGRESSION: (_LOGISTIC, ""),
    Algorithm.LINEAR_REGRESSION: ("", "fit_intercept positive tol"),
    Algorithm.RIDGE: ("", _RIDGE),
    Algorithm.RANDOM_FOREST: (_FOREST + "class_weight", _FOREST),
    Algorithm.EXTRA_TREES: (_FOREST + "class_weight", _FOREST),
    Algorithm.GRADIENT_BOOSTING: (_BOOSTING, _BOOSTING + "alpha"),
    Algorithm.HIST_GRADIENT_BOOSTING: (_HISTOGRAMS + "class_weight", _HISTOGRAMS + "quantile"),
}


def names_of(algorithm: Algorithm, task: Task) -> frozenset[str] | None:
    """What a spec may set of an algorithm; None for a user's own pipeline."""
    if algorithm is Algorithm.PIPELINE:
        return None
    return frozenset(_NAMES[algorithm][task is Task.REGRESSION].split())


def meant(name: str, known: Collection[str]) -> str:
    """`; did you mean 'eta'?` after a name that is not known, or nothing."""
    likely = [other for other in SYNONYMS.get(name, ()) if other in known]
    written = {other.lower(): other for other in sorted(known)}
    close = difflib.get_close_matches(name.lower(), written, n=1, cutoff=0.5)
    likely += [written[one] for one in close]
    return f"; did you mean {likely[0]!r}?" if likely else ""


def same_parameter(one: str, other: str, known: Collection[str]) -> bool:
    """Whether two names of an algorithm set the same: `eta` and `learning_rate` of XGBoost."""
    aliases = {one, *(name for name in SYNONYMS.get(one, ()) if name in known)}
    return other in aliases
