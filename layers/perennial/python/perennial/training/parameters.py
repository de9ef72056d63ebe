"""Checks a spec's hyperparameters by name, so that a misspelt one is not silently ignored."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from perennial.errors import TrainingFailed
from perennial.spec.hyperparameters import OURS, SYNONYMS, meant
from perennial.training.estimator import Parameters


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
        raise TrainingFailed(f"{algorithm} has no parameter {name!r}{meant(name, known)}")
    return given


def with_defaults(given: Parameters, defaults: Mapping[str, object]) -> dict[str, object]:
    """The defaults, overridden by what is given under any of a parameter's names."""
    hidden = {other for name in given for other in SYNONYMS.get(name, ())}
    return {name: value for name, value in defaults.items() if name not in hidden} | dict(given)
