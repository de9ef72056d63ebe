"""The document is OpenAPI 3.1, and says of each model's rows what the endpoint goes by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import InvalidRows
from perennial.features.encoder import Encoder, FeatureSchema
from perennial.serving.learned import Learned
from perennial.serving.openapi.document import document
from perennial.serving.openapi.rows import (
    MOST_CATEGORIES,
    DocumentedModel,
    example_row,
    row_schema,
)
from perennial.serving.rows import MAX_BODY, MAX_EXPLAINED, MAX_ROWS
from perennial.spec import ModelSpec, load_specs
from schemathesis.specs.openapi import definitions

from tests.unit.manage.documented import Documented
from tests.unit.manage.test_manage_endpoint import BANK

SPECS = load_specs(Path(__file__).parents[3] / "models")
SERVER = {"url": "https://api.example/live"}


def spec(**features: dict[str, Any]) -> ModelSpec:
    return ModelSpec.model_validate(
        {"name": "m", "task": "regression", "target": "y", "features": features}
    )


def encoder_of(model: DocumentedModel) -> Encoder:
    """The encoder that training would make of a spec and these categories."""

    def schema(name: str) -> FeatureSchema:
        feature = model.spec.features[name]
        known = model.learned.categories.get(name) if model.learned else None
        return FeatureSchema(
            name,
            feature.type.value,
            nullable=feature.nullable,
            minimum=feature.minimum,
            maximum=feature.maximum,
            categories=feature.categories or known,
            unseen=feature.unseen.value,
        )

    return Encoder([schema(name) for name in model.spec.features])


def accepts(encoder: Encoder, row: dict[str, object]) -> bool:
    try:
        encoder.encode([row])
    except InvalidRows:
        return False
    return True


def fits(model: DocumentedModel, row: dict[str, object]) -> bool:
    return bool(jsonschema_rs.Draft202012Validator(row_schema(model)).is_valid(row))


def whole(models: Sequence[DocumentedModel], auth: str = "key") -> dict[str, Any]:
    return document(models, [SERVER], auth)


ALL = [DocumentedModel(spec, None) for spec in SPECS.values()]


@pytest.mark.parametrize("auth", ["key", "cognito", "key-and-cognito"])
@pytest.mark.parametrize("models", [[], ALL], ids=["none", "all"])
def test_the_document_is_openapi_3_1(models: list[DocumentedModel], auth: str) -> None:
    validator = definitions.make_validator(  # type: ignore[attr-defined]
        definitions.OPENAPI_31, jsonschema_rs.Draft202012Validator
    )
    errors = [error.message for error in validator.iter_errors(whole(models, auth))]
    assert errors == []


def test_every_schema_is_one_and_every_pointer_leads_somewhere() -> None:
    documented = Documented(whole(ALL))
    for schema in documented.document["components"]["schemas"].values():
        documented.validator(schema)
    for pointer in set(pointers(documented.document)):
        documented.resolved({"$ref": pointer})


def pointers(part: object) -> list[str]:
    if isinstance(part, list):
        return [pointer for each in part for pointer in pointers(each)]
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [pointer for each in part.values() for pointer in pointers(each)]
    return []


def test_no_component_is_left_over() -> None:
    made = whole(ALL)
    used = set(pointers(made))
    for section in ("schemas", "parameters", "responses"):
        for name in made["components"][section]:
            assert f"#/components/{section}/{name}" in used


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in Documented(whole(ALL)).operations()]
    assert len(set(names)) == len(names)


def test_callers_show_what_the_deployment_asks_for() -> None:
    assert whole(ALL)["security"] == [{"ApiKey": []}]
    assert whole(ALL, "cognito")["security"] == [{"Token": []}]
    assert whole(ALL, "key-and-cognito")["security"] == [{"ApiKey": [], "Token": []}]
    for auth in ("key", "cognito"):
        for _, _, operation in Documented(whole(ALL, auth)).operations():
            assert ("401" in operation["responses"]) == (auth == "cognito")


@pytest.mark.parametrize("name", SPECS)
def test_the_example_of_a_model_is_accepted(name: str) -> None:
    model = DocumentedModel(SPECS[name], None)
    example = example_row(model)
    if example is None:
        assert SPECS[name].sensitive
        return
    assert accepts(encoder_of(model), example)
    assert fits(model, example)


FEATURES: dict[str, dict[str, Any]] = {
    "plain": {"type": "number"},
    "limited": {"type": "number", "minimum": 0.25, "maximum": 0.75},
    "above": {"type": "number", "minimum": -3.5, "nullable": True},
    "whole": {"type": "integer", "minimum": 16, "maximum": 120},
    "narrow": {"type": "integer", "minimum": 1.5, "maximum": 2.5},
    "below": {"type": "integer", "maximum": -1},
    "any": {"type": "integer", "nullable": True},
    "closed": {"type": "category", "categories": ["a", "b", "1"]},
    "holed": {"type": "category", "categories": ["a", "b"], "nullable": True},
    "open": {"type": "category", "categories": ["a"], "unseen": "missing"},
    "yes": {"type": "boolean", "nullable": True},
    "no": {"type": "boolean"},
}
VALUES: list[object] = [None, True, False, 0, 1, 2, 16, 60, 121, -1, -4, 0.5, 0.2, 1e300, -1e300]
VALUES += [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, "a", "b", "c", "", [], {}]


@given(st.sampled_from(sorted(FEATURES)), st.sampled_from(VALUES))
def test_a_value_fits_the_document_exactly_where_the_endpoint_takes_it(
    name: str, value: object
) -> None:
    if FEATURES[name]["type"] == "category" and type(value) in (int, bool):
        return  # labels are text; that a number of the same digits is taken too is not announced
    model = DocumentedModel(spec(**{name: FEATURES[name]}), None)
    assert fits(model, {name: value}) == accepts(encoder_of(model), {name: value})


@pytest.mark.parametrize("name", FEATURES)
def test_leaving_a_value_out_is_as_documented(name: str) -> None:
    model = DocumentedModel(spec(**{name: FEATURES[name]}), None)
    assert fits(model, {}) == accepts(encoder_of(model), {}) == ("nullable" in FEATURES[name])
    assert not fits(model, {name: None, "other": 1})


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_has_an_example_that_is_accepted(name: str) -> None:
    model = DocumentedModel(spec(**{name: FEATURES[name]}), None)
    example = example_row(model)
    assert example is not None
    assert name in example
    assert fits(model, example)
    assert accepts(encoder_of(model), example)


def test_a_moment_is_an_example_of_a_timestamp() -> None:
    model = DocumentedModel(spec(at={"type": "timestamp"}), None)
    example = example_row(model)
    assert example is not None
    assert accepts(encoder_of(model), example)


def test_categories_that_training_learned_are_listed() -> None:
    job = {"job": {"type": "category"}}
    unknown = DocumentedModel(spec(**job), None)
    assert example_row(unknown) is None
    assert "enum" not in json.dumps(row_schema(unknown))
    known = DocumentedModel(spec(**job), Learned(None, {"job": ("clerk", "smith")}))
    assert example_row(known) == {"job": "clerk"}
    assert not fits(known, {"job": "baker"})


def test_thousands_of_categories_are_not_listed() -> None:
    many = tuple(f"c{n}" for n in range(MOST_CATEGORIES + 1))
    known = DocumentedModel(spec(c={"type": "category"}), Learned(None, {"c": many}))
    assert fits(known, {"c": many[-1]})
    assert len(json.dumps(row_schema(known))) < 3000


def test_labels_are_listed_once_they_are_known() -> None:
    bank = ModelSpec.model_validate(BANK)
    for learned, expected in ((None, None), (Learned(("no", "yes"), {}), ["no", "yes"])):
        made = whole([DocumentedModel(bank, learned)])
        item = made["components"]["schemas"]["bank.predictions"]["properties"]["predictions"]
        assert item["items"]["properties"]["prediction"].get("enum") == expected


def test_nothing_of_a_sensitive_feature_is_documented() -> None:
    features: dict[str, Any] = {"pay": {"type": "number", "minimum": 777}}
    bank = ModelSpec.model_validate(
        BANK
        | {"features": features | BANK["features"]}  # type: ignore[operator]
        | {"sensitive": ["region", "income", "job", "pay", "y"]}
    )
    learned = Learned(("never", "always"), {"job": ("clerk",)})
    text = json.dumps(whole([DocumentedModel(bank, learned)]))
    for value in ("north", "south", "1234.5", "clerk", "777", "never", "always"):
        assert f'"{value}' not in text
        assert f": {value}" not in text


def test_no_example_is_made_of_what_is_sensitive() -> None:
    secret = {"type": "number", "minimum": 50, "maximum": 60}
    for feature, expected in (
        (secret, None),
        (secret | {"nullable": True}, {}),
        ({"type": "number", "minimum": -5}, {"f": 0}),
        ({"type": "boolean"}, {"f": False}),
    ):
        made = spec(f=feature).model_copy(update={"sensitive": ("f",)})
        assert example_row(DocumentedModel(made, None)) == expected


def test_limits_are_those_of_the_endpoint() -> None:
    made = Documented(whole(ALL))
    rows = made.document["components"]["schemas"]["wine.rows"]["properties"]["rows"]
    operation = made.operation("POST", "/v1/models/wine/predict")
    assert rows["maxItems"] == MAX_ROWS
    assert str(MAX_BODY) in operation["requestBody"]["description"]
    explained = made.document["components"]["schemas"]["wine.explained"]["properties"]["rows"]
    assert explained["maxItems"] == MAX_EXPLAINED
