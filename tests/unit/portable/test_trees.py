"""The plain trees are XGBoost's: same leaves, same sums, for every objective that is trained."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pytest
from perennial.errors import ArtifactError
from perennial.portable.plain_trees import _TRANSFORMS, PlainTrees
from perennial.portable.ubjson import loads
from perennial.serving.artifact import TREES
from perennial.serving.libxgboost import Trees
from perennial.training.boosting import OBJECTIVES

from tests.unit.parity.answers import Model
from tests.unit.parity.settings import SMALL
from tests.unit.portable.models import trained
from tests.unit.training.samples import a_spec, table

CASES = [(task.value, objective) for task, those in OBJECTIVES.items() for objective in those]
FURTHER = [
    {"num_parallel_tree": 3, "subsample": 0.5},
    {"base_score": 0.25},
    {"scale_pos_weight": 7.0, "max_cat_to_onehot": 100},
    {"gamma": 1e9},
]


def booster(task: str, **parameters: object) -> bytes:
    data = table(400, task)
    if task == "regression":
        data = data.set_column(5, "y", pc.add(pc.abs(data["y"]), 1e-3))
    spec = a_spec(task, "xgboost", parameters=SMALL["xgboost"] | parameters)
    return Model(spec, data).engine.artifact.entries[TREES]


def codes() -> np.ndarray:
    random = np.random.default_rng(0)
    rows = np.column_stack(
        [
            random.normal(size=300),
            random.integers(0, 50, 300),
            random.integers(0, 4, 300),
            random.integers(0, 2, 300),
            1.6e9 + random.integers(0, 10**7, 300),
        ]
    ).astype(np.float32)
    rows[random.random(rows.shape) < 0.1] = np.nan
    rows[:6, 0] = (0.0, -0.0, 1e-45, -1e-45, np.finfo("f4").max, np.finfo("f4").min)
    return np.ascontiguousarray(rows)


def compare(model: bytes) -> None:
    rows = codes()
    asked = (rows.ctypes.data, *rows.shape)
    library, plain = Trees(model), PlainTrees(model)
    assert library.leaves(*asked) == plain.leaves(*asked)
    theirs, ours = (np.array(one.values(*asked)) for one in (library, plain))
    np.testing.assert_allclose(ours, theirs, rtol=2.0**-23, atol=0)
    assert np.mean(ours == theirs) > 0.9


@pytest.mark.parametrize(("task", "objective"), CASES)
def test_every_objective_is_answered_as_by_the_library(task: str, objective: str) -> None:
    compare(booster(task, objective=objective))


@pytest.mark.parametrize("parameters", FURTHER, ids=str)
def test_parameters_that_change_the_sum_change_it_here_too(parameters: dict[str, object]) -> None:
    compare(booster("binary", **parameters))


def test_every_objective_that_is_trained_can_be_walked() -> None:
    assert set(_TRANSFORMS) == {one for those in OBJECTIVES.values() for one in those}


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff" * 50])
def test_damaged_trees_are_refused(damage: bytes) -> None:
    with pytest.raises(ArtifactError):
        PlainTrees(damage)


def test_trees_that_are_cut_short_are_refused() -> None:
    model = trained("xgboost", "binary").engine.artifact.entries[TREES]
    for size in range(0, len(model), max(1, len(model) // 40)):
        with pytest.raises(ArtifactError):
            PlainTrees(model[:size])


def test_every_marker_of_ubjson_is_read() -> None:
    document = b"{i\x01aZi\x01bTi\x01cFi\x01dI\x01\x00i\x01e[U\x05l\x00\x00\x00\x07]i\x01fCxi\x01gD"
    document += b"\x3f\xf8" + b"\x00" * 6 + b"}"
    expected = {"a": None, "b": True, "c": False, "d": 256, "e": [5, 7], "f": "x", "g": 1.5}
    assert loads(document) == expected
