"""The endpoint's answer is the training library's own, for every estimator and every task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perennial.features.columns import Columns
from perennial.spec import Algorithm

from tests.unit.parity.answers import Model, assert_close, over_http, same, scores_of
from tests.unit.parity.cases import cases
from tests.unit.parity.settings import COMBINATIONS, SMALL, variants, wants_positive
from tests.unit.training.samples import a_spec

DATA = st.data()
BRIEF = settings(max_examples=10, suppress_health_check=list(HealthCheck))
DEEP = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def test_every_algorithm_is_compared() -> None:
    assert {*SMALL, "pipeline"} == {one.value for one in Algorithm}


@pytest.mark.parametrize(("algorithm", "task"), COMBINATIONS)
@given(data=DATA)
@BRIEF
def test_the_answer_is_the_librarys_own(algorithm: str, task: str, data: st.DataObject) -> None:
    hold(algorithm, task, data)


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "task"), COMBINATIONS)
@given(data=DATA)
@DEEP
def test_the_answer_is_the_librarys_own_however_long_one_looks(
    algorithm: str, task: str, data: st.DataObject
) -> None:
    hold(algorithm, task, data)


def hold(algorithm: str, task: str, data: st.DataObject) -> None:
    """Train, serve in every way there is, and compare."""
    parameters = data.draw(st.sampled_from(variants(algorithm, task)), "parameters")
    case = data.draw(cases(task, positive=wants_positive(parameters)), "case")
    parameters = SMALL[algorithm] | parameters
    spec = a_spec(task, algorithm, features=case.features, parameters=parameters)
    model = Model(spec, case.data)
    found = model.engine.predict(case.rows)
    alone = [prediction for row in case.rows for prediction in model.engine.predict([row])]
    assert same(alone, found), "a row is answered differently among others"
    columns = Columns(
        {name: [row[name] for row in case.rows] for name in case.features}, len(alone)
    )
    assert same(model.engine.predict(columns), found), "columns are answered differently"
    assert same(model.opened(threads=2).predict(case.rows), found), "threads change the answer"
    assert same(over_http(model, case.rows), found), "JSON changes the answer"
    expected = model.estimator.predict(model.codes(case.rows))
    scores = scores_of(model.engine, found)
    if algorithm == "xgboost":
        np.testing.assert_array_equal(scores, expected)
    else:
        assert_close(scores, expected)
    _hold_labels(model, found, scores)


def _hold_labels(model: Model, found: Any, scores: Any) -> None:
    classes, threshold = model.engine.artifact.classes, model.engine.artifact.threshold
    if classes is None:
        return
    chosen = np.argmax(scores, axis=1) if threshold is None else scores[:, 1] >= threshold
    assert [one.value for one in found] == [classes[int(place)] for place in chosen]
