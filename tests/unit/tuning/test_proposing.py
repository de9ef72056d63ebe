"""What is tried follows from the spec, the seed and what earlier rounds found."""

from __future__ import annotations

import pytest
from perennial.spec import Algorithm, ModelSpec
from perennial.tuning.proposing import propose
from perennial.tuning.records import Proposal, State, Trial
from perennial.tuning.space import given

from tests.unit.tuning.searching import LINES, TREES, a_search

GRID = {
    "algorithm": "xgboost",
    "parameters": {"max_depth": [2, 3], "learning_rate": {"low": 0.1, "high": 0.3, "step": 0.1}},
}


def ended(proposals: tuple[Proposal, ...], *, best: float = 3.0) -> list[Trial]:
    """Trials whose value is the better the nearer their depth is to `best`."""
    return [
        Trial(
            number=one.number,
            round=1,
            algorithm=one.algorithm,
            parameters=one.parameters,
            state=State.COMPLETE,
            value=1 / (1 + abs(float(one.parameters.get("max_depth", 9)) - best)),
        )
        for one in proposals
    ]


def points(spec: ModelSpec, *, rounds: int, seed: int = 0, best: float = 3.0) -> list[Trial]:
    found: list[Trial] = []
    for number in range(1, rounds + 1):
        found += ended(propose(spec, found, seed, number), best=best)
    return found


@pytest.mark.parametrize("method", ["grid", "random", "bayesian"])
def test_the_first_trial_is_the_spec_as_it_stands(method: str) -> None:
    first, *others = propose(a_search(method=method, search=[GRID], trials=8), [], 0, 1)
    assert (first.algorithm, first.parameters) == (Algorithm.XGBOOST, {"num_boost_round": 8})
    assert [one.number for one in others] == [1, 2]


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_the_same_seed_proposes_the_same_and_another_one_does_not(method: str) -> None:
    spec = a_search(method=method, trials=40, trials_per_round=10)
    again = [one.parameters for one in points(spec, rounds=3)]
    assert [one.parameters for one in points(spec, rounds=3)] == again
    assert [one.parameters for one in points(spec, rounds=3, seed=1)] != again


def test_the_order_in_which_trials_ended_does_not_matter() -> None:
    spec = a_search(method="bayesian", trials=40, trials_per_round=12)
    found = points(spec, rounds=2)
    assert propose(spec, found, 0, 3) == propose(spec, found[::-1], 0, 3)


def test_a_bayesian_search_looks_where_it_found_something() -> None:
    wide = {"algorithm": "xgboost", "parameters": {"max_depth": {"low": 1, "high": 2000}}}
    spec = a_search(method="bayesian", search=[wide], trials=60, trials_per_round=10)
    found = points(spec, rounds=5, best=300)
    depths = [int(one.parameters["max_depth"]) for one in found[1:]]
    first, last = depths[:9], depths[-20:]
    # A fifth of the space lies so near.
    near = [sum(abs(depth - 300) <= 200 for depth in part) / len(part) for part in (first, last)]
    assert near[1] > max(near[0], 0.4)


def test_values_stay_within_their_ranges_and_lists() -> None:
    stepped = {
        "algorithm": "xgboost",
        "parameters": {
            "eta": {"low": 0.1, "high": 0.7, "step": 0.2},
            "max_depth": {"low": 2, "high": 64, "scale": "log"},
            "grow_policy": ["depthwise", "lossguide"],
            "gamma": {"low": 0.0, "high": 1.0},
        },
    }
    for method in ("random", "bayesian"):
        spec = a_search(method=method, search=[stepped], trials=60, trials_per_round=30)
        for one in points(spec, rounds=2)[1:]:
            assert one.parameters["eta"] in (0.1, 0.3, 0.5, 0.7)
            assert one.parameters["grow_policy"] in ("depthwise", "lossguide")
            assert isinstance(one.parameters["max_depth"], int)
            assert 2 <= one.parameters["max_depth"] <= 64
            assert 0 <= float(one.parameters["gamma"]) <= 1


def test_each_algorithm_has_its_own_parameters() -> None:
    spec = a_search(method="bayesian", trials=40, trials_per_round=20)
    found = points(spec, rounds=2)[1:]
    names = {one.algorithm: set(one.parameters) for one in found}
    assert names == {
        Algorithm.XGBOOST: {"max_depth", "learning_rate", "subsample", "num_boost_round"},
        Algorithm.LOGISTIC_REGRESSION: {"C"},
    }


def test_what_the_spec_says_of_the_same_algorithm_holds_unless_it_is_searched() -> None:
    parameters = {"eta": 0.3, "max_depth": 9, "gamma": 1.0}
    spec = a_search(spec={"parameters": parameters}, search=[TREES, LINES])
    assert given(spec, spec.tuning.search[0]) == {"gamma": 1.0, "num_boost_round": 8}
    assert given(spec, spec.tuning.search[1]) == {}


def test_a_grid_is_tried_once_and_whole_in_no_order_of_its_corners() -> None:
    spec = a_search(method="grid", search=[GRID], trials=20, trials_per_round=3)
    found = points(spec, rounds=5)
    pairs = [(one.parameters["max_depth"], one.parameters["learning_rate"]) for one in found[1:]]
    assert sorted(pairs) == [(depth, rate) for depth in (2, 3) for rate in (0.1, 0.2, 0.3)]
    assert pairs != sorted(pairs)


@pytest.mark.parametrize("method", ["grid", "random", "bayesian"])
def test_no_point_is_tried_twice_and_a_space_without_new_ones_is_exhausted(method: str) -> None:
    spec = a_search(method=method, search=[GRID], trials=30, trials_per_round=5)
    found = points(spec, rounds=4)
    assert len(found) == 7
    assert propose(spec, found, 0, 5) == ()


def test_the_last_round_is_as_long_as_the_budget_of_trials() -> None:
    spec = a_search(trials=7, trials_per_round=5)
    assert [len(propose(spec, points(spec, rounds=n), 0, n + 1)) for n in (0, 1, 2)] == [5, 2, 0]
