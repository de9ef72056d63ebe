"""The profile of predictions on the holdout: what prediction drift is told by."""

from __future__ import annotations

import numpy as np
from perennial.data.profile import CategoryProfile, NumberProfile
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.inputs import read_training
from perennial.evaluation.predictions import PredictionProfile, Said, prediction_profile
from perennial.evaluation.publish import publish
from perennial.evaluation.subject import Subject, read_subject

from tests.unit.evaluation.scenario import (
    GOOD,
    ROWS,
    RUN,
    ColumnScorer,
    Scenario,
    a_scenario,
    a_spec,
    binary,
    binary_holdout,
)


def subject_of(scenario: Scenario) -> Subject:
    return read_subject(RUN, None, scenario.store, scenario.load)


def test_of_a_binary_classification_the_probability_of_the_positive_class_is_profiled() -> None:
    found = prediction_profile(subject_of(binary(GOOD)))
    assert found is not None
    assert (found.said, found.positive) == (Said.PROBABILITY, "yes")
    assert isinstance(found.column, NumberProfile)
    assert found.column.rows == ROWS
    assert found.column.mean is not None
    assert abs(found.column.mean - float(np.mean(binary_holdout()["good"]))) < 1e-9


def test_of_several_classes_the_labels_are_profiled() -> None:
    holdout = {"a": [0.7, 0.2, 0.2], "b": [0.2, 0.6, 0.5], "c": [0.1, 0.2, 0.3], "y": list("abc")}
    scorer = ColumnScorer(("a", "b", "c"), ("a", "b", "c"))
    scenario = a_scenario(a_spec("multiclass"), holdout, {"counts": {"a": 1}}, scorer)
    found = prediction_profile(subject_of(scenario))
    assert found is not None
    assert isinstance(found.column, CategoryProfile)
    assert (found.said, found.column.counts) == (Said.LABEL, {"b": 2, "a": 1})


def test_of_a_sensitive_target_no_prediction_is_profiled() -> None:
    assert prediction_profile(subject_of(binary(GOOD, sensitive=["y"]))) is None


def test_an_evaluation_leaves_the_profile_beside_it() -> None:
    scenario = binary(GOOD)
    subject = subject_of(scenario)
    training = read_training(RUN, scenario.store)
    publish(evaluate(subject), training, prediction_profile(subject), RUN, scenario.store)
    written = scenario.store.read(RUN + "predictions.json")
    assert PredictionProfile.model_validate_json(written) == prediction_profile(subject)
