"""Reasons are those of `shap` and of XGBoost, and add up to the margin of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, isclose, log
from typing import Any

import numpy as np
import pytest
import xgboost
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from perennial.errors import InvalidRows
from perennial.serving.artifact import TREES, digest_of, write_artifact
from perennial.serving.contributions import Contributions
from perennial.serving.engine import Engine, engine_of
from perennial.serving.problems import Problem
from perennial.training.design import Design
from sklearn.linear_model import LogisticRegression, Ridge

# What shap draws with, and nothing here does, says so of itself when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:The set_\\w+ function:PendingDeprecationWarning")

ROWS, NUMBERS = 300, 4
TASKS = ("binary", "multiclass", "regression")
NAMES = [f"n{place}" for place in range(NUMBERS)]
LABELS = [f"k{code}" for code in range(6)]
Matrix = np.ndarray[Any, np.dtype[np.float32]]


def matrix(*, categories: bool, missing: float = 0.15) -> Matrix:
    random = np.random.default_rng(3)
    codes = random.normal(size=(ROWS, NUMBERS + categories)).astype(np.float32)
    if categories:
        codes[:, -1] = random.integers(0, len(LABELS), ROWS)
    codes[random.random(codes.shape) < missing] = np.nan
    return codes


def targets(codes: Matrix, task: str) -> Any:
    filled = np.nan_to_num(codes)
    signal = filled[:, 0] * filled[:, 1] + filled[:, 2] + filled[:, -1] % 3
    edges = {"binary": [0.5], "multiclass": [0.0, 1.0, 2.0]}.get(task)
    return signal * 7 + 20 if edges is None else np.digitize(signal, edges)


def engine_with(codes: Matrix, task: str, engine: dict[str, Any], *trees: bytes) -> Engine:
    features: list[dict[str, Any]] = [
        {"name": name, "type": "number", "nullable": True} for name in NAMES
    ]
    if codes.shape[1] > NUMBERS:
        features.append(
            {"name": "kind", "type": "category", "nullable": True, "categories": LABELS}
        )
    classes = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c", "d"]}.get(task)
    manifest = {
        "format": 1,
        "model": "m",
        "task": task,
        "classes": classes,
        "threshold": 0.5 if task == "binary" else None,
        "features": features,
        "engine": engine,
    }
    data = write_artifact(manifest, {TREES: trees[0]} if trees else {})
    return engine_of(data, digest_of(data))


def boosted(codes: Matrix, task: str) -> tuple[xgboost.Booster, Engine]:
    objectives: dict[str, dict[str, Any]] = {
        "binary": {"objective": "binary:logistic"},
        "multiclass": {"objective": "multi:softprob", "num_class": 4},
        "regression": {"objective": "reg:squarederror"},
    }
    settings = objectives[task] | {"nthread": 1, "max_depth": 4}
    model = xgboost.train(settings, dmatrix(codes, targets(codes, task)), 25)
    link = "binary" if task == "binary" else "direct"
    engine = {"kind": "xgboost", "link": link}
    return model, engine_with(codes, task, engine, bytes(model.save_raw("ubj")))


def dmatrix(codes: Matrix, labels: Any = None) -> xgboost.DMatrix:
    types = ["q"] * NUMBERS + ["c"] * (codes.shape[1] - NUMBERS)
    return xgboost.DMatrix(codes, labels, feature_types=types, enable_categorical=True, nthread=1)


def rows_of(codes: Matrix) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for code in codes:
        values = [None if np.isnan(value) else float(value) for value in code]
        row: dict[str, object] = dict(zip(NAMES, values, strict=False))
        if len(code) > NUMBERS:
            kind = values[-1]
            row["kind"] = None if kind is None else LABELS[int(kind)]
        rows.append(row)
    return rows


def as_array(reasons: Sequence[Contributions]) -> Any:
    """[rows, outputs, features + 1], the base value last."""
    return np.array([[list(output) for output in reason.values] for reason in reasons])


@pytest.mark.parametrize("task", TASKS)
def test_reasons_of_trees_are_those_of_shap(task: str) -> None:
    import shap  # type: ignore[import-untyped]

    codes = matrix(categories=False)
    model, engine = boosted(codes, task)
    explainer = shap.TreeExplainer(model)
    expected = explainer.shap_values(codes[:60]).reshape(60, NUMBERS, -1).transpose(0, 2, 1)
    found = as_array(engine.explain(rows_of(codes[:60])))
    np.testing.assert_allclose(found[:, :, :-1], expected, rtol=1e-4, atol=1e-5)
    base = np.broadcast_to(np.atleast_1d(explainer.expected_value), found[:, :, -1].shape)
    np.testing.assert_allclose(found[:, :, -1], base, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("task", TASKS)
def test_reasons_of_trees_are_the_bits_of_xgboost(task: str) -> None:
    codes = matrix(categories=True)
    model, engine = boosted(codes, task)
    expected = model.predict(dmatrix(codes), pred_contribs=True, strict_shape=True)
    np.testing.assert_array_equal(as_array(engine.explain(rows_of(codes))), expected)


@pytest.mark.parametrize("task", TASKS)
def test_reasons_of_trees_add_up_to_the_margin(task: str) -> None:
    codes = matrix(categories=True)
    model, engine = boosted(codes, task)
    margins = model.predict(dmatrix(codes), output_margin=True, strict_shape=True)
    found = as_array(engine.explain(rows_of(codes))).sum(axis=2)
    np.testing.assert_allclose(found, margins, rtol=1e-5, atol=1e-5)


def linear(codes: Matrix, task: str) -> tuple[Any, Design, Engine]:
    design = Design(codes, [0] * NUMBERS + [len(LABELS)] * (codes.shape[1] - NUMBERS))
    model = Ridge() if task == "regression" else LogisticRegression(max_iter=1000)
    model.fit(design.columns(codes), targets(codes, task))
    weights = np.atleast_2d(model.coef_)
    folded = design.folded(weights, np.broadcast_to(model.intercept_, len(weights)))
    link = {"binary": "logistic", "multiclass": "softmax", "regression": "identity"}[task]
    return model, design, engine_with(codes, task, {"kind": "linear", "link": link, **folded})


@pytest.mark.parametrize("missing", [0.0, 0.15])
@pytest.mark.parametrize("task", TASKS)
def test_reasons_of_a_linear_model_are_those_of_shap(task: str, missing: float) -> None:
    import shap

    codes = matrix(categories=True, missing=missing)
    model, design, engine = linear(codes, task)
    columns = design.columns(codes)
    masker = shap.maskers.Independent(columns, max_samples=ROWS)
    explainer = shap.LinearExplainer(model, masker)
    by_column = np.asarray(explainer.shap_values(columns)).reshape(ROWS, design.width, -1)
    expected = np.array(
        [[design.by_feature(output) for output in row] for row in by_column.transpose(0, 2, 1)]
    )
    found = as_array(engine.explain(rows_of(codes)))
    np.testing.assert_allclose(found[:, :, :-1], expected, rtol=1e-9, atol=1e-9)
    base = np.broadcast_to(np.atleast_1d(explainer.expected_value), found[:, :, -1].shape)
    np.testing.assert_allclose(found[:, :, -1], base, rtol=1e-9, atol=1e-9)


NUMBER = st.none() | st.floats(-1e6, 1e6, allow_subnormal=True)
ROW = st.fixed_dictionaries(
    dict.fromkeys(NAMES, NUMBER) | {"kind": st.none() | st.sampled_from(LABELS)}
)
CODES = matrix(categories=True)
ENGINES = {
    (kind, task): made
    for task in TASKS
    for kind, made in (("trees", boosted(CODES, task)[1]), ("linear", linear(CODES, task)[2]))
}


@pytest.mark.parametrize(("kind", "task"), ENGINES)
@examples(max_examples=40)
@given(rows=st.lists(ROW, min_size=1, max_size=4))
def test_reasons_add_up_to_what_was_answered(
    kind: str, task: str, rows: list[dict[str, object]]
) -> None:
    engine = ENGINES[kind, task]
    for answer, reason in zip(engine.predict(rows), engine.explain(rows), strict=True):
        document: Any = reason.document(0)
        outputs = list(document.values()) if task == "multiclass" else [document]
        for output in outputs:
            parts = [part["contribution"] for part in output["contributions"]]
            total = sum(parts) + output["base_value"]
            scale = sum(map(abs, parts)) + 1
            assert abs(total - output["margin"]) <= 1e-12 * scale
        margins = [output["margin"] for output in outputs]
        scale = max(1.0, *(abs(part) for output in reason.values for part in output))
        assert isclose(_answered(task, margins), _said(answer), abs_tol=1e-5 * scale)


def _answered(task: str, margins: list[float]) -> float:
    """What a margin makes of the last output: a probability, or the estimate itself."""
    if task == "regression":
        return margins[0]
    if task == "binary":
        return 1 / (1 + exp(-margins[0])) if margins[0] > -700 else 0.0
    largest = max(margins)
    return exp(margins[-1] - largest - log(sum(exp(margin - largest) for margin in margins)))


def _said(answer: Any) -> float:
    if answer.probabilities is None:
        return float(answer.value)
    return float(list(answer.probabilities.values())[-1])


def test_the_largest_reasons_come_first_and_no_others() -> None:
    reason = Contributions(["a", "b", "c"], None, [[0.5, -2.0, 1.0, 10.0]])
    document: Any = reason.document(2)
    assert document == {
        "base_value": 10.0,
        "margin": 9.5,
        "contributions": [
            {"feature": "b", "contribution": -2.0},
            {"feature": "c", "contribution": 1.0},
        ],
    }
    assert [part["feature"] for part in dict_of(reason.document(0))] == ["a", "b", "c"]
    assert len(dict_of(reason.document(99))) == 3


def dict_of(document: Any) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = document["contributions"]
    return parts


def test_each_of_several_classes_has_reasons_of_its_own() -> None:
    reason = Contributions(["a"], ["x", "y"], [[1.0, 2.0], [-1.0, 0.0]])
    document: Any = reason.document(0)
    assert list(document) == ["x", "y"]
    assert (document["x"]["margin"], document["y"]["margin"]) == (3.0, -1.0)


def test_a_linear_model_trained_before_there_were_reasons_gives_none() -> None:
    engine = linear(CODES, "binary")[2]
    old = dict(engine.artifact.manifest["engine"])
    del old["means"]
    without = engine_with(CODES, "binary", old)
    assert len(without.predict(rows_of(CODES[:2]))) == 2
    with pytest.raises(Problem, match="no-explanation"):
        without.explain(rows_of(CODES[:2]))


def test_without_rows_there_are_no_reasons() -> None:
    assert ENGINES["linear", "binary"].explain([]) == []


def overflowing() -> Engine:
    """A regression whose answer to a large number is more than a double holds."""
    engine = {
        "kind": "linear",
        "link": "identity",
        "intercepts": [0.0],
        "numeric": [{"feature": 0, "weights": [1e300], "missing": [0.0]}],
        "categories": [],
        "means": [[0.0]],
    }
    features = [{"name": "n0", "type": "number", "nullable": True}]
    manifest = {
        "format": 1,
        "model": "m",
        "task": "regression",
        "classes": None,
        "threshold": None,
        "features": features,
        "engine": engine,
    }
    data = write_artifact(manifest, {})
    return engine_of(data, digest_of(data))


def test_a_row_without_a_finite_answer_is_named_not_answered() -> None:
    with pytest.raises(InvalidRows) as raised:
        overflowing().predict([{"n0": 1.0}, {"n0": 1e20}, {"n0": None}])
    assert [(one.row, one.reason) for one in raised.value.problems] == [(1, "has no finite answer")]


def test_large_answers_are_no_reason_to_refuse() -> None:
    found = overflowing().predict([{"n0": 1e8}, {"n0": 1.5e8}])
    assert [one.value for one in found] == [1e308, 1.5e308]


def test_reasons_that_overflow_are_refused_like_the_answer() -> None:
    with pytest.raises(InvalidRows):
        overflowing().explain([{"n0": 1.0}, {"n0": 1e20}])
