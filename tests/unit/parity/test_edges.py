"""Models at the edges of what can be trained are served like any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.parity.answers import Model, Rows, assert_close, over_http, same, scores_of
from tests.unit.parity.settings import COMBINATIONS, SMALL
from tests.unit.training.samples import a_spec

LARGEST = float(np.finfo(np.float32).max)
NUMBER = {"x": {"type": "number", "nullable": True}}
ONE_ROUND: dict[str, dict[str, Any]] = {
    "xgboost": {"num_boost_round": 1},
    "linear": {"max_iter": 5},
    "logistic_regression": {"max_iter": 5},
    "random_forest": {"n_estimators": 3},
    "extra_trees": {"n_estimators": 3},
    "gradient_boosting": {"n_estimators": 1},
    "hist_gradient_boosting": {"max_iter": 1},
}


def held(model: Model, rows: Rows) -> np.ndarray:
    """The scores of the rows, once they have been compared in every way."""
    found = model.engine.predict(rows)
    assert same([one for row in rows for one in model.engine.predict([row])], found)
    assert same(over_http(model, rows), found)
    scores = scores_of(model.engine, found)
    expected = model.estimator.predict(model.codes(rows))
    if model.estimator.exact:
        np.testing.assert_array_equal(scores, expected)
    else:
        assert_close(scores, expected)
    return scores


@pytest.mark.parametrize("algorithm", ONE_ROUND)
def test_hundreds_of_classes(algorithm: str) -> None:
    labels = [f"c{number:03}" for number in range(320)]
    x = np.resize(np.arange(320.0), 2560)
    table = pa.table({"x": x, "y": np.resize(labels, 2560).tolist()})
    spec = a_spec("multiclass", algorithm, features=NUMBER, parameters=ONE_ROUND[algorithm])
    scores = held(Model(spec, table), [{"x": value} for value in (0.0, 159.5, 1e9, -1.0, None)])
    assert scores.shape == (5, 320)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)


SURE: dict[str, dict[str, Any]] = {
    "logistic_regression": {"C": 1e12, "max_iter": 10_000, "tol": 1e-12},
    "gradient_boosting": {"learning_rate": 15.0, "n_estimators": 1},
    "hist_gradient_boosting": {"learning_rate": 15.0, "max_iter": 1},
}


@pytest.mark.parametrize("algorithm", SURE)
def test_a_model_that_is_nearly_certain_is_exported_all_the_same(algorithm: str) -> None:
    """What is left of 1 has few digits then, and they are the library's."""
    x = np.arange(200.0)
    table = pa.table({"x": x, "y": np.where(x < 100, "no", "yes").tolist()})
    spec = a_spec("binary", algorithm, features=NUMBER, parameters=SURE[algorithm])
    model, rows = Model(spec, table), [{"x": value} for value in (*x[::7], 1e6, -1e6)]
    scores = held(model, rows)
    if algorithm != "logistic_regression":  # the order of its sums is not ours
        expected = model.estimator.predict(model.codes(rows))
        np.testing.assert_allclose(scores, expected, rtol=1e-6)
    assert 0 < scores[scores > 0].min() < 1e-12


@pytest.mark.parametrize(("algorithm", "task"), COMBINATIONS)
def test_a_column_that_never_changes_leaves_nothing_to_split(algorithm: str, task: str) -> None:
    labels: dict[str, list[Any]] = {
        "binary": ["yes", "no", "no"],
        "multiclass": ["a", "b", "c"],
        "regression": [1.0, 2.0, 4.0],
    }
    table = pa.table({"x": np.full(120, 3.0), "y": labels[task] * 40})
    spec = a_spec(task, algorithm, features=NUMBER, parameters=SMALL[algorithm])
    rows: Rows = [{"x": 3.0}, {"x": LARGEST}, {"x": -1e-45}, {"x": None}]
    scores = held(Model(spec, table), rows)
    assert np.ptp(scores[:2], axis=0).max() < 0.1


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
class TestGradientBoosting:
    """Its trees know no missing values: what stands for one is part of the export."""

    def trained(self, task: str, *, missing: bool) -> Model:
        """The largest number is one of the values, and a missing one stands for the top class."""
        x = np.resize([-LARGEST, -1.0, 0.0, 1.0, LARGEST], 300)
        absent = (np.arange(300) % 7 < 2) & missing
        place = np.where(absent, 2, (x > 0).astype(int))
        labels: dict[str, Any] = {
            "binary": np.where(place == 1, "yes", "no"),
            "multiclass": np.array(["a", "b", "c"])[np.maximum(place, np.arange(300) % 11 == 0)],
            "regression": place * 10.0,
        }
        table = pa.table({"x": pa.array(x, mask=absent), "y": labels[task].tolist()})
        if task == "multiclass" and not missing:
            table = table.set_column(1, "y", pa.array(np.resize(["a", "b", "c"], 300).tolist()))
        spec = a_spec(task, "gradient_boosting", features=NUMBER, parameters={"n_estimators": 20})
        return Model(spec, table)

    def test_a_missing_value_is_told_from_every_number(self, task: str) -> None:
        rows: Rows = [{"x": value} for value in (-LARGEST, -1.0, 0.0, 1.0, LARGEST, None)]
        scores = held(self.trained(task, missing=True), rows)
        if task != "binary":
            assert np.abs(scores[-1] - scores[:-1]).max(axis=1).min() > 0.1

    def test_one_that_training_never_saw_takes_the_median(self, task: str) -> None:
        scores = held(self.trained(task, missing=False), [{"x": None}, {"x": 0.0}])
        np.testing.assert_array_equal(scores[0], scores[1])
