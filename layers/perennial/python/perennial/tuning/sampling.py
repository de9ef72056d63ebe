"""Draws points with Optuna: at random, or by its tree-structured Parzen estimator.

Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 24 (2011). Of the points
drawn for one round none is known yet; each counts as a bad one for those after it ("constant
liar"), so that a round does not crowd around one place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from perennial.spec import ModelSpec
from perennial.spec.tuning import Branch, Range, SearchMethod, Value
from perennial.tuning.records import State, Trial
from perennial.tuning.space import Point, given, places, value_at

_ALGORITHM = "algorithm"


def seed_of(seed: int, round_number: int) -> int:
    """Seed of one round, 32 bits: no two rounds draw alike, and the same round always does."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{round_number}".encode()).digest()[:4])


def drawn(
    spec: ModelSpec, finished: Iterable[Trial], seed: int, round_number: int
) -> Iterator[Point]:
    """Points without end, some of them perhaps more than once.

    Args:
        spec: with the search.
        finished: trials of earlier rounds.
        seed: of the search.
        round_number: of the round that is drawn for.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="minimize", sampler=_sampler(spec, seed_of(seed, round_number))
    )
    for trial in sorted(finished, key=lambda one: one.number):
        known = _known(spec, trial)
        if known is not None:
            study.add_trial(known)
    branches = {branch.algorithm.value: branch for branch in spec.tuning.search}
    while True:
        asked = study.ask()
        names = list(branches)
        name = asked.suggest_categorical(_ALGORITHM, names) if len(names) > 1 else names[0]
        yield _point(spec, branches[str(name)], asked)


def _sampler(spec: ModelSpec, seed: int) -> BaseSampler:
    if spec.tuning.method is SearchMethod.RANDOM:
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed, constant_liar=True, multivariate=False)


def _point(spec: ModelSpec, branch: Branch, asked: optuna.Trial) -> Point:
    parameters: dict[str, Value] = given(spec, branch)
    for name, choice in branch.parameters.items():
        place = asked._suggest(f"{branch.algorithm.value}.{name}", _distribution(choice))
        parameters[name] = value_at(choice, place)
    return branch.algorithm, parameters


def _distribution(choice: Range | tuple[Value, ...]) -> BaseDistribution:
    """What a sampler draws from: places of listed values, or the numbers themselves."""
    if not isinstance(choice, Range):
        return CategoricalDistribution(range(len(choice)))
    log = choice.scale == "log"
    if choice.size is None:
        return FloatDistribution(float(choice.low), float(choice.high), log=log)
    if log:
        return IntDistribution(int(choice.low), int(choice.high), log=True)
    return IntDistribution(0, choice.size - 1)


def _known(spec: ModelSpec, trial: Trial) -> FrozenTrial | None:
    """A finished trial as Optuna keeps it; None of one that says nothing about the space."""
    branch = next((one for one in spec.tuning.search if one.algorithm is trial.algorithm), None)
    if branch is None or trial.state not in (State.COMPLETE, State.PRUNED):
        return None
    found = places(branch, trial.parameters)
    if found is None:
        return None
    prefix = branch.algorithm.value
    distributions: dict[str, BaseDistribution] = {
        f"{prefix}.{name}": _distribution(choice) for name, choice in branch.parameters.items()
    }
    parameters: dict[str, object] = {f"{prefix}.{name}": place for name, place in found.items()}
    if len(spec.tuning.search) > 1:
        names = [one.algorithm.value for one in spec.tuning.search]
        distributions[_ALGORITHM] = CategoricalDistribution(names)
        parameters[_ALGORITHM] = prefix
    shared: dict[str, Any] = {"params": parameters, "distributions": distributions}
    sign = -1.0 if (spec.tuning.metric or spec.primary).higher_is_better else 1.0
    if trial.complete and trial.value is not None:
        return create_trial(state=TrialState.COMPLETE, value=sign * trial.value, **shared)
    return create_trial(
        state=TrialState.PRUNED, intermediate_values=_reached(trial, sign), **shared
    )


def _reached(trial: Trial, sign: float) -> dict[int, float]:
    """How far a trial came that was given up, and how badly it stood: larger is worse.

    The sampler takes one that came further for a better one, and all of them for worse than any
    that was completed.
    """
    if trial.value is not None:
        return {len(trial.folds): sign * trial.value}
    return {trial.curve[-1].round: trial.curve[-1].validation} if trial.curve else {}
