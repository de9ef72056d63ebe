"""Reweighing: the weights of the paper, used by every estimator, and what they cost is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.registry import layout
from perennial.serving.artifact import digest_of
from perennial.training.reweighing import balanced

from tests.unit.fairness.people import a_spec, people
from tests.unit.training.samples import RUN, FolderStore, trained

SECTION = {"columns": ["sex"], "show_groups": True, "mitigation": {"method": "reweighing"}}
ROUNDS = {
    "xgboost": {"num_boost_round": 40},
    "logistic_regression": {},
    "random_forest": {"n_estimators": 8},
    "extra_trees": {"n_estimators": 8},
    "gradient_boosting": {"n_estimators": 30},
    "hist_gradient_boosting": {"max_iter": 30},
}


def found_of(store: FolderStore) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.read(RUN + layout.FAIRNESS))
    return found


def parity(apart: list[dict[str, Any]]) -> float:
    return float(
        next(one["value"] for one in apart if one["measure"] == "demographic_parity_difference")
    )


def test_weights_are_those_of_kamiran_and_calders() -> None:
    """Their table 2: of 10 persons 5 are men, 4 of them hired; of 5 women, 2."""
    groups = np.array([0] * 5 + [1] * 5)
    classes = np.array([1, 1, 1, 1, 0, 1, 1, 0, 0, 0], dtype=np.int32)
    weights = balanced(groups, classes, np.ones(10, dtype=bool))
    assert weights[[0, 4, 5, 7]] == pytest.approx([0.75, 2.0, 1.5, 2 / 3])


@given(st.integers(0, 2**32 - 1), st.integers(2, 200))
def test_weighed_rows_show_no_dependence_and_weigh_what_they_did(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    groups, classes = random.integers(0, 3, rows), random.integers(0, 2, rows).astype(np.int32)
    fitted = random.random(rows) < 0.8
    weights = balanced(groups, classes, fitted)
    assert (weights > 0).all()
    table = np.zeros((3, 2))
    np.add.at(table, (groups[fitted], classes[fitted]), weights[fitted])
    met = np.zeros((3, 2))
    np.add.at(met, (groups[fitted], classes[fitted]), 1)
    if (met > 0).all():
        assert table.sum() == pytest.approx(fitted.sum())
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
        assert table == pytest.approx(expected)


@pytest.mark.parametrize("algorithm", ROUNDS)
def test_every_estimator_learns_to_be_fairer(algorithm: str, tmp_path: Path) -> None:
    spec = a_spec("binary", algorithm, fairness=SECTION, parameters=ROUNDS[algorithm])
    store, _ = trained(tmp_path, spec, people(1500))
    done = found_of(store)["mitigation"]
    assert parity(done["apart_after"]) < parity(done["apart_before"]) - 0.05
    assert done["changes"]["accuracy"]["low"] < done["changes"]["accuracy"]["high"]
    weights = {one["label"]: one["weights"] for one in done["groups"]}
    assert weights["f"]["yes"] > 1 > weights["m"]["yes"]


def test_the_unmitigated_model_beside_it_is_the_one_that_would_have_been_made(
    tmp_path: Path,
) -> None:
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    rounds = ROUNDS["xgboost"]
    data = people(1500)
    store, _ = trained(tmp_path / "with", a_spec(fairness=SECTION, parameters=rounds), data)
    plain = SECTION | {"mitigation": {"method": "none"}}
    other, _ = trained(tmp_path / "without", a_spec(fairness=plain, parameters=rounds), data)
    beside, alone = found_of(store), found_of(other)
    assert beside["mitigation"]["apart_before"] == alone["groupings"][0]["apart"]
    assert alone["mitigation"] is None


def test_classes_of_several_are_weighed_too(tmp_path: Path) -> None:
    spec = a_spec("multiclass", fairness=SECTION, parameters=ROUNDS["xgboost"])
    store, _ = trained(tmp_path, spec, people(2500, task="multiclass"))
    done = found_of(store)["mitigation"]
    assert set(done["groups"][0]["weights"]) == {"0", "1", "2"}
    assert parity(done["apart_after"]) < parity(done["apart_before"])


def test_a_weighed_training_is_the_same_every_time(tmp_path: Path) -> None:
    digests = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        spec = a_spec(fairness=SECTION, parameters={"num_boost_round": 20})
        store, _ = trained(tmp_path / name, spec, people(800))
        digests.add(digest_of(store.read(RUN + layout.CANDIDATE)))
        digests.add(digest_of(store.read(RUN + layout.FAIRNESS)))
    assert len(digests) == 2
