"""Checks a spec's hyperparameters by name, so that a misspelt one is not silently ignored."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from perennial.errors import TrainingFailed
from perennial.training.estimator import Parameters

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


def checked(given: Parameters, known: Collection[str], algorithm: str) -> Parameters:
    """The parameters, all of them known.

    Raises:
        TrainingFailed: one is not; the message names the nearest right one.
    """
    for name in given:
        if name in known:
            continue
        if name in OURS:
            raise TrainingFailed(f"{algorithm}: {name} is decided by {OURS[name]}, not by the spec")
        raise TrainingFailed(f"{algorithm} has no parameter {name!r}{_nearest(name, known)}")
    return given


def _nearest(name: str, known: Collection[str]) -> str:
    meant = [other for other in SYNONYMS.get(name, ()) if other in known]
    written = {other.lower(): other for other in sorted(known)}
    close = difflib.get_close_matches(name.lower(), written, n=1, cutoff=0.5)
    meant += [written[one] for one in close]
    return f"; did you mean {meant[0]!r}?" if meant else ""


def with_defaults(given: Parameters, defaults: Mapping[str, object]) -> dict[str, object]:
    """The defaults, overridden by what is given under any of a parameter's names."""
    hidden = {other for name in given for other in SYNONYMS.get(name, ())}
    return {name: value for name, value in defaults.items() if name not in hidden} | dict(given)
