"""A model that would be served otherwise than it was trained is refused, whatever its data."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from perennial.errors import ExportMismatch
from perennial.features.encoder import Encoder, FeatureSchema
from perennial.serving.engine import Engine
from perennial.training import forests, gradient_boosting
from perennial.training.estimator import Fitted
from perennial.training.parity import Parity
from perennial.training.probes import probes
from perennial.training.trees import Tree

from tests.unit.training.samples import a_spec, trained


class Says:
    """Estimator and engine at once, each with answers of its own."""

    exact = False

    def __init__(self, theirs: list[float], ours: list[float]) -> None:
        self._theirs, self._ours = theirs, ours

    def predict(self, codes: object) -> Any:
        return np.array(self._theirs).reshape(-1, 1)

    def scores(self, address: int, rows: int) -> array[float]:
        return array("d", self._ours)


def compare(theirs: list[float], ours: list[float]) -> None:
    both = Says(theirs, ours)
    codes = np.zeros((len(theirs), 1), dtype=np.float32)
    Parity().compare(codes, cast("Fitted", both), cast("Engine", both))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ([1.0, 2.0], [1.0 + 9e-7, 2.0]),
        ([1.0, 1e-17], [1.0, 0.0]),  # cancelled to nothing
        ([np.inf, 1.0], [np.inf, 1.0]),
        ([0.0], [0.0]),
    ],
)
def test_answers_within_a_millionth_are_the_same(theirs: list[float], ours: list[float]) -> None:
    compare(theirs, ours)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ([1.0, 2.0], [1.0 + 2e-6, 2.0]),
        ([1.0, 1e-7], [1.0, 1.1e-7]),
        ([np.nan], [1.0]),
        ([np.nan], [np.nan]),
        ([np.inf], [1.0]),
        ([1.0], [-1.0]),
    ],
)
def test_answers_further_apart_are_refused(theirs: list[float], ours: list[float]) -> None:
    with pytest.raises(ExportMismatch, match="nothing was registered"):
        compare(theirs, ours)


NUMBER = {"x": {"type": "number", "nullable": True}}
EVERY_NUMBER = pa.table({"x": np.arange(100.0), "y": np.arange(100.0) % 7})


@pytest.mark.parametrize(
    ("algorithm", "module"),
    [("random_forest", forests), ("gradient_boosting", gradient_boosting)],
)
def test_missing_values_are_compared_even_if_the_data_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str, module: Any
) -> None:
    spec = a_spec("regression", algorithm, features=NUMBER, parameters={"n_estimators": 5})
    trained(tmp_path, spec, EVERY_NUMBER)
    forest_of = module.forest_of

    def wrong(trees: list[Tree], features: int) -> Any:
        turned = [replace(tree, missing_left=~tree.missing_left) for tree in trees]
        return forest_of(turned, features)

    monkeypatch.setattr(module, "forest_of", wrong)
    with pytest.raises(ExportMismatch):
        trained(tmp_path, spec, EVERY_NUMBER)


def test_probes_stay_within_what_the_spec_allows() -> None:
    encoder = Encoder(
        [
            FeatureSchema("a", "number", minimum=-1, maximum=5, nullable=True),
            FeatureSchema("b", "category", categories=["p", "q", "r"]),
            FeatureSchema("c", "category", categories=["p"], unseen="missing"),
            FeatureSchema("d", "boolean"),
            FeatureSchema("e", "timestamp"),
        ]
    )
    rows = np.array([[0, 1, 0, 1, 7], [1, 2, 0, 0, 8]], dtype=np.float32)
    before = rows.copy()
    ordinary, extremes = probes(rows, encoder)
    np.testing.assert_array_equal(rows, before)
    changed = {
        place: {float(value) for value in batch[:, place] if value not in before[:, place]}
        for batch in (extremes,)
        for place in range(5)
    }
    assert changed[0] == {-1.0, 5.0, -float(np.float32(1e-45)), float(np.float32(1e-45))}
    assert changed[4] >= {float(np.finfo(np.float32).max), 0.0}
    assert changed[1] == changed[2] == changed[3] == set()
    assert np.isnan(ordinary).any(axis=0).tolist() == [True, False, True, False, False]
    assert set(ordinary[:, 1]) == {0.0, 1.0, 2.0}
