"""What the section on fairness may not say, and where that is told."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.spec import ModelSpec
from pydantic import ValidationError

from tests.unit.fairness.people import FEATURES, a_spec

LAWFUL = "A law that does not exist asks for it here."
THRESHOLD = {"method": "threshold", "lawful": LAWFUL}
REWEIGHING = {"method": "reweighing"}


@pytest.mark.parametrize(
    ("fairness", "told"),
    [
        ({"columns": ["sexx"]}, "'sexx' is neither a feature nor excluded"),
        ({"columns": ["when"]}, "'when' is a timestamp, which makes no groups"),
        ({"columns": ["sex", "sex"]}, "'sex' stands here twice"),
        ({"columns": ["y"]}, "'y' is neither a feature nor excluded"),
        ({"columns": ["sex"], "bins": {"sex": [1]}}, "'sex' is a category; only numbers are cut"),
        ({"columns": ["sex"], "bins": {"age": [1]}}, "'age' is not in fairness.columns"),
        ({"columns": ["age"], "bins": {"age": [40, 20]}}, "bins of 'age' do not ascend"),
        ({"columns": ["age"], "bins": {"age": []}}, "bins of 'age': one edge at least"),
        (
            {"columns": ["sex"], "gates": [{"measure": "mean_error_difference", "maximum": 1}]},
            "mean_error_difference is no measure of a binary task; use one of demographic",
        ),
        (
            {"columns": ["sex"], "gates": [{"measure": "accuracy_difference"}]},
            "a gate on accuracy_difference has a maximum, and no minimum",
        ),
        (
            {"columns": ["sex"], "gates": [{"measure": "equalized_odds_ratio", "maximum": 1}]},
            "a gate on equalized_odds_ratio has a minimum, and no maximum",
        ),
        (
            {"gates": [{"measure": "accuracy_difference", "maximum": 0.1}]},
            "fairness.columns is empty",
        ),
        (
            {
                "columns": ["sex", "age"],
                "intersections": 1,
                "gates": [
                    {"measure": "accuracy_difference", "maximum": 0.1, "columns": ["sex", "age"]}
                ],
            },
            "crosses 2 columns; intersections is 1",
        ),
        ({"columns": ["sex"], "mitigation": {"method": "threshold"}}, "say in lawful why"),
        (
            {"columns": ["sex"], "mitigation": {"method": "threshold", "lawful": "yes"}},
            "at least 20 characters",
        ),
        ({"columns": ["sex"], "mitigation": {"lawful": LAWFUL}}, "lawful only applies together"),
        ({"columns": ["sex", "age"], "mitigation": REWEIGHING}, "needs column"),
        ({"columns": ["origin"], "mitigation": THRESHOLD}, "'origin' is no feature, so the endp"),
        ({"columns": ["age"], "mitigation": THRESHOLD}, "say in fairness.bins where it is cut"),
        (
            {"columns": ["sex"], "mitigation": REWEIGHING | {"column": "age"}},
            "'age' is not in fairness.columns",
        ),
    ],
)
def test_a_contradiction_is_refused_with_its_reason(fairness: dict[str, Any], told: str) -> None:
    features = FEATURES | {"when": {"type": "timestamp"}}
    with pytest.raises(ValidationError, match=told.replace("(", r"\(")):
        a_spec(features=features, excluded=["origin"], fairness=fairness)


def test_only_classes_can_be_reweighed_and_only_two_have_a_threshold() -> None:
    with pytest.raises(ValidationError, match="reweighing needs classes"):
        a_spec("regression", fairness={"columns": ["sex"], "mitigation": REWEIGHING})
    with pytest.raises(ValidationError, match="only a binary task has a threshold"):
        a_spec("multiclass", fairness={"columns": ["sex"], "mitigation": THRESHOLD})


def test_a_users_pipeline_is_not_reweighed() -> None:
    document = a_spec().model_dump(mode="json") | {
        "algorithm": {"name": "pipeline", "file": "mine.py"},
        "fairness": {"columns": ["sex"], "mitigation": REWEIGHING},
    }
    with pytest.raises(ValidationError, match="a pipeline of your own takes no weights"):
        ModelSpec.model_validate(document)


def test_an_excluded_column_that_is_compared_must_be_in_the_file() -> None:
    assert "origin" not in a_spec(excluded=["origin"]).columns
    assert "origin" in a_spec(excluded=["origin"], fairness={"columns": ["origin"]}).columns


def test_pseudonyms_are_not_cut_into_bins() -> None:
    with pytest.raises(ValidationError, match="'born' is pseudonymised"):
        a_spec(
            excluded=["born"],
            privacy={"pii": {"born": "pseudonymise"}},
            fairness={"columns": ["born"], "bins": {"born": [1970, 1990]}},
        )


def test_a_spec_without_the_section_asks_for_nothing() -> None:
    section = ModelSpec.model_validate(a_spec().model_dump()).fairness
    assert (section.columns, section.gates, section.mitigated_column) == ((), (), None)
