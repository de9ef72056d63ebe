"""What is trained is what the library alone would have trained, and it is served as such."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.unit.parity.answers import Model, Scores, assert_close, over_http, scores_of
from tests.unit.parity.settings import SMALL
from tests.unit.training.samples import a_spec

ROWS = 300
FEATURES: dict[str, dict[str, Any]] = {
    "x": {"type": "number", "nullable": True},
    "k": {"type": "category", "categories": ["a", "b", "c", "d"], "nullable": True},
    "n": {"type": "integer"},
}
# The first 20 of a hundred rows are the holdout and the next 10 the validation part, by this time.
SPLIT = {"features": FEATURES, "time_column": "t", "split": {"method": "time", "holdout": 0.2}}
FITTED_ON = slice(0, 240)  # training and validation part together: what a split by time refits


def data(task: str, *, missing: bool) -> pa.Table:
    random = np.random.default_rng(5)
    x, n = random.normal(size=ROWS), random.integers(-5, 5, ROWS)
    k = random.integers(0, 3, ROWS)
    signal = x + (k == 1) * 2 + 0.2 * n + 0.5 * random.normal(size=ROWS)
    targets: dict[str, Any] = {
        "binary": np.where(signal > 0, "yes", "no"),
        "multiclass": np.digitize(signal, [-0.5, 1]).astype(str),
        "regression": signal,
    }
    labels = pa.array([("a", "b", "c")[place] for place in k])
    absent = (random.random((2, ROWS)) < 0.15) & missing
    return pa.table(
        {
            "x": pa.array(x, mask=absent[0]),
            "k": pa.array(labels.to_pylist(), pa.string(), mask=absent[1]),
            "n": n,
            "t": np.arange(ROWS),
            "y": targets[task].tolist(),
        }
    )


def served(task: str, algorithm: str, table: pa.Table, **parameters: Any) -> tuple[Model, Scores]:
    """The model, and its answers to all rows."""
    model = Model(a_spec(task, algorithm, parameters=parameters, **SPLIT), table)
    rows = table.select(list(FEATURES)).to_pylist()
    return model, scores_of(model.engine, model.engine.predict(rows))


def matrix(model: Model, table: pa.Table) -> Any:
    return model.codes(table.select(list(FEATURES)).to_pylist())


def answers(estimator: Any, columns: Any) -> Scores:
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(columns))
    return np.asarray(estimator.predict(columns)).reshape(-1, 1)


TREES = [
    ("random_forest", "binary", RandomForestClassifier),
    ("random_forest", "multiclass", RandomForestClassifier),
    ("random_forest", "regression", RandomForestRegressor),
    ("extra_trees", "binary", ExtraTreesClassifier),
    ("extra_trees", "multiclass", ExtraTreesClassifier),
    ("extra_trees", "regression", ExtraTreesRegressor),
    ("gradient_boosting", "binary", GradientBoostingClassifier),
    ("gradient_boosting", "multiclass", GradientBoostingClassifier),
    ("gradient_boosting", "regression", GradientBoostingRegressor),
]


@pytest.mark.parametrize(("algorithm", "task", "kind"), TREES)
def test_trees_are_those_scikit_learn_grows_alone(algorithm: str, task: str, kind: Any) -> None:
    # Gradient boosting alone takes no missing values; what it does with them is ours.
    table = data(task, missing=algorithm != "gradient_boosting")
    parameters: dict[str, Any] = {"n_estimators": 8, "min_samples_leaf": 2}
    stop = {"n_iter_no_change": 0} if algorithm == "gradient_boosting" else {}
    model, found = served(task, algorithm, table, **parameters, **stop)
    alone = kind(**parameters, random_state=0)
    codes = matrix(model, table)
    classes = model.engine.artifact.classes
    labels = [classes.index(y) if classes else y for y in table["y"].to_pylist()]
    alone.fit(codes[FITTED_ON], labels[FITTED_ON])
    assert_close(found, answers(alone, codes))


LINEAR = [
    ("linear", "binary", LogisticRegression(C=0.5, tol=1e-10, max_iter=5000)),
    ("linear", "regression", Ridge(alpha=3.0)),
    ("logistic_regression", "multiclass", LogisticRegression(C=0.5, tol=1e-10, max_iter=5000)),
    ("linear_regression", "regression", LinearRegression()),
    ("ridge", "regression", Ridge(alpha=3.0)),
]


@pytest.mark.parametrize(("algorithm", "task", "alone"), LINEAR)
def test_linear_models_are_the_pipeline_one_would_write(
    algorithm: str, task: str, alone: Any
) -> None:
    table = data(task, missing=True)
    given = {
        name: value
        for name, value in alone.get_params().items()
        if value != type(alone)().get_params()[name]
    }
    _, found = served(task, algorithm, table, **given)
    numbers = make_pipeline(StandardScaler(), SimpleImputer())  # the mean is 0 by then
    pipeline = make_pipeline(
        ColumnTransformer(
            [
                ("number", numbers, ["x", "n"]),
                ("missing", "passthrough", ["x_missing"]),
                ("category", OneHotEncoder(handle_unknown="ignore"), ["k"]),
            ]
        ),
        alone,
    )
    frame = table.to_pandas()
    frame["x_missing"] = frame["x"].isna().astype(float)
    frame["k"] = frame["k"].fillna("(missing)")
    labels = frame["y"] == "yes" if task == "binary" else frame["y"]
    pipeline.fit(frame[FITTED_ON], labels[FITTED_ON])
    # Two solvers that stop at the same tolerance; what they agree on is the model.
    np.testing.assert_allclose(found, answers(pipeline, frame), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_booster_in_the_artifact_answers_in_xgboost_as_it_is_served(task: str) -> None:
    table = data(task, missing=True)
    model, found = served(task, "xgboost", table, **SMALL["xgboost"])
    booster = xgboost.Booster(model_file=bytearray(model.engine.artifact.entries["model.ubj"]))
    codes = matrix(model, table)
    types = ["q", "c", "q"]
    frame = xgboost.DMatrix(codes, feature_types=types, enable_categorical=True)
    for expected in (booster.predict(frame), booster.inplace_predict(codes)):
        mine = found[:, 1] if task == "binary" else found
        np.testing.assert_array_equal(mine.reshape(expected.shape), expected)


def test_numbers_of_xgboost_keep_their_bits_in_json() -> None:
    model, _ = served("regression", "xgboost", data("regression", missing=True))
    rows = data("regression", missing=True).select(list(FEATURES)).to_pylist()[:50]
    for one in over_http(model, rows):
        assert isinstance(one.value, float)
        assert float(np.float32(one.value)) == one.value
