"""Files of forests and linear models are answered fast, and to the bit as rows are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perennial.errors import ArtifactError, InvalidRows
from perennial.features.columnar import Matrix
from perennial.scoring import vectorised
from perennial.scoring.model import load_model
from perennial.scoring.numbered_trees import NumberedTrees
from perennial.scoring.vectorised import ManyForest, ManyLinear
from perennial.serving.artifact import LEAVES, TREES, digest_of, load_artifact, write_artifact
from perennial.serving.engine import load_engine
from perennial.serving.forest import Forest
from perennial.serving.libxgboost import Trees
from perennial.serving.linear import Linear
from perennial.serving.links import LINKS
from perennial.serving.stored_zip import stored_entries
from perennial.training.forests import exported_forest
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from tests.unit.parity.answers import Model
from tests.unit.scoring.bank import Bank, csv_of, features_of, rows
from tests.unit.training.samples import a_spec, table

Scores = npt.NDArray[np.float64]
OFTEN = settings(max_examples=60, suppress_health_check=list(HealthCheck))
SIZES = (0.0, 1e-310, 1e-3, 1.0, 30.0, 1e3, 1e30)
_WIDTHS = {"logistic": (1,), "softmax": (2, 3, 40), "exponential": (1,), "identity": (1, 3)}


def bits(found: Sequence[float] | Scores) -> list[str]:
    return [float(one).hex() for one in np.asarray(found, dtype=np.float64).ravel()]


def codes_of(random: np.random.Generator, count: int, columns: int, size: float) -> Matrix:
    with np.errstate(under="ignore"):
        codes = (random.normal(size=(count, columns)) * size).astype(np.float32)
    codes[random.random(codes.shape) < 0.15] = np.nan
    return np.ascontiguousarray(codes)


def linear_of(random: np.random.Generator, link: str, width: int, size: float) -> dict[str, Any]:
    """Four features by number, then one category of five labels."""

    def numbers() -> list[float]:
        return [float(one) for one in random.normal(size=width) * size]

    numeric = [{"feature": f, "weights": numbers(), "missing": numbers()} for f in range(4)]
    category = {"feature": 4, "weights": [numbers() for _ in range(5)], "missing": numbers()}
    return {
        "intercepts": numbers(),
        "numeric": numeric,
        "categories": [category],
        "link": link,
    }


def test_every_link_has_its_counterpart() -> None:
    assert vectorised.LINKS.keys() == LINKS.keys()


@given(data=st.data())
@OFTEN
def test_a_linear_model_answers_many_rows_to_the_bit_as_it_answers_each(
    data: st.DataObject,
) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    link = data.draw(st.sampled_from(sorted(LINKS)))
    width = data.draw(st.sampled_from(_WIDTHS[link]))
    engine = linear_of(random, link, width, data.draw(st.sampled_from(SIZES)))
    codes = codes_of(random, 50, 5, data.draw(st.sampled_from(SIZES)))
    codes[:, 4] = np.where(np.isnan(codes[:, 4]), np.nan, random.integers(0, 5, len(codes)))
    expected = Linear(engine, 5).outputs(codes.ctypes.data, len(codes))
    assert bits(ManyLinear(engine).scores(codes)) == bits(expected)


@given(data=st.data())
@OFTEN
def test_a_forest_answers_many_rows_to_the_bit_as_it_answers_each(data: st.DataObject) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    link = data.draw(st.sampled_from(sorted(LINKS)))
    width = data.draw(st.sampled_from(_WIDTHS[link]))
    codes = codes_of(random, 90, 4, data.draw(st.sampled_from(SIZES)))
    engine, entries = forest_of(random, codes, width)
    engine |= {"link": link, "base": [float(one) for one in random.normal(size=width)]}
    trees = Trees(entries[TREES])
    expected = Forest(engine, trees, entries[LEAVES], 4).outputs(codes.ctypes.data, len(codes))
    found = ManyForest(engine, entries[TREES], entries[LEAVES]).scores(codes)
    assert bits(found) == bits(expected)


def forest_of(random: np.random.Generator, codes: Matrix, width: int) -> tuple[Any, Any]:
    """Trees with leaves of all sizes."""
    if width == 1:
        targets = random.normal(size=len(codes)) * 10.0 ** random.integers(-300, 300)
        model: Any = ExtraTreesRegressor(7, random_state=0).fit(codes, targets)
    else:
        labels = np.arange(len(codes)) % width
        model = ExtraTreesClassifier(7, random_state=0).fit(codes, labels)
    exported = exported_forest(model, codes.shape[1])
    return dict(exported.engine), exported.entries


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize(
    ("algorithm", "parameters"),
    [
        ("linear", {}),
        ("random_forest", {"n_estimators": 5}),
        ("gradient_boosting", {"n_estimators": 6}),
        ("hist_gradient_boosting", {"max_iter": 6}),
        ("xgboost", {"num_boost_round": 6}),
    ],
)
def test_a_trained_model_scores_tables_to_the_bit_as_the_endpoint_does(
    algorithm: str, parameters: dict[str, Any], task: str
) -> None:
    model = Model(a_spec(task, algorithm, parameters=parameters), table(200, task))
    digest = digest_of(model.artifact)
    engine = load_engine(load_artifact(model.artifact, digest))
    columns = len(engine.encoder.features)
    codes = codes_of(np.random.default_rng(0), 300, columns, 1.0)
    categories = [one.type == "category" for one in engine.encoder.features].index(True)
    codes[:, categories] = np.where(np.isnan(codes[:, categories]), np.nan, 1.0)
    expected = engine.scores(codes.ctypes.data, len(codes))
    assert bits(load_model(model.artifact, digest).scores(codes)) == bits(expected)


def test_a_row_without_a_finite_answer_is_rejected_as_the_endpoint_does(bank: Bank) -> None:
    told = json.loads(stored_entries(bank.bytes)["artifact.json"])
    numeric = [
        {"feature": place, "weights": [1e300 if place == 2 else 0.0], "missing": [0.0]}
        for place in range(len(told["features"]))
    ]
    engine = {"kind": "linear", "link": "identity", "intercepts": [0.0]}
    engine |= {"numeric": numeric, "categories": []}
    told |= {"engine": engine, "classes": None, "threshold": None}
    bank.serve(write_artifact(told, {}))
    sent = [row | {"balance": 1.0} for row in rows(120)]
    sent[50]["balance"] = 1e30
    with pytest.raises(InvalidRows) as refused:
        bank.endpoint([features_of(row) for row in sent])
    outcome = bank.run(csv_of(sent))
    assert (outcome.counts.scored, outcome.counts.rejected) == (119, 1)
    (left,) = bank.output("rejected.csv")
    (problem,) = refused.value.problems
    assert (left["row"] - 1, left["client"], left["reasons"]) == (50, "c50", problem.reason)
    found = bank.output("predictions.csv")
    assert [row["client"] for row in found] == [f"c{n}" for n in range(120) if n != 50]


@pytest.mark.parametrize("damage", ["cut", "count"])
def test_trees_written_in_another_way_are_refused(damage: str) -> None:
    random = np.random.default_rng(0)
    engine, entries = forest_of(random, codes_of(random, 90, 4, 1.0), 1)
    model, count = entries[TREES], len(engine["offsets"])
    model, count = (model[: len(model) // 2], count) if damage == "cut" else (model, count + 1)
    with pytest.raises(ArtifactError, match="not written as this code writes them"):
        NumberedTrees(model, count)
