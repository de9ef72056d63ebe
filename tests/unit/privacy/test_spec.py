"""What a spec may say about persons, and what it is told otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.spec import ModelSpec
from perennial.spec.privacy import Treatment
from pydantic import ValidationError

SPEC: dict[str, Any] = {
    "name": "loans",
    "task": "binary",
    "target": "paid",
    "positive_class": "yes",
    "id_column": "loan",
    "time_column": "asked",
    "features": {
        "age": {"type": "integer"},
        "town": {"type": "category"},
        "job": {"type": "category", "categories": ["clerk", "nurse"]},
    },
}


def spec(**privacy: Any) -> ModelSpec:
    return ModelSpec.model_validate({**SPEC, "privacy": privacy})


def told(**privacy: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        spec(**privacy)
    return str(raised.value)


def test_a_spec_without_persons_needs_no_key() -> None:
    assert not spec().privacy.needs_key
    assert not spec(pii={"name": "drop"}).privacy.needs_key


def test_a_dropped_column_is_no_column_of_the_dataset() -> None:
    found = spec(pii={"name": "drop"})
    assert found.privacy.dropped == ("name",)
    assert "name" not in found.columns


def test_the_column_of_persons_is_kept() -> None:
    found = spec(person="customer", pii={"customer": "pseudonymise"})
    assert "customer" in found.columns
    assert found.privacy.entities is Treatment.PSEUDONYMISE
    assert found.privacy.entity_column == "customer"


def test_ids_of_entities_may_be_replaced_without_a_column() -> None:
    found = spec(pii={"entity_id": "pseudonymise"}).privacy
    assert found.names_persons
    assert found.entity_column == "entity_id"


def test_persons_may_be_named_as_they_are() -> None:
    found = spec(person="customer").privacy
    assert found.entities is None
    assert found.needs_key


@pytest.mark.parametrize("column", ["age", "paid", "loan", "asked"])
def test_a_column_that_is_needed_is_not_dropped(column: str) -> None:
    assert "cannot be dropped" in told(pii={column: "drop"})


@pytest.mark.parametrize("column", ["paid", "asked"])
def test_target_and_time_have_no_pseudonyms(column: str) -> None:
    assert "have no pseudonyms" in told(pii={column: "pseudonymise"})


def test_a_pseudonym_is_a_feature_only_on_purpose() -> None:
    assert "needs it in privacy.learned" in told(pii={"town": "pseudonymise"})
    assert spec(pii={"town": "pseudonymise"}, learned=["town"]).privacy.learned == ("town",)


def test_only_categories_have_pseudonyms() -> None:
    assert "only categories" in told(pii={"age": "pseudonymise"}, learned=["age"])


def test_categories_that_are_pseudonyms_cannot_be_listed() -> None:
    assert "cannot be listed" in told(pii={"job": "pseudonymise"}, learned=["job"])


@pytest.mark.parametrize(
    ("learned", "why"),
    [
        (["nothing"], "is no feature"),
        (["town"], "is not pseudonymised"),
        (["town", "town"], "twice"),
    ],
)
def test_what_is_learned_is_a_pseudonym(learned: list[str], why: str) -> None:
    assert why in told(learned=learned)


def test_a_column_nobody_keeps_is_dropped_and_not_replaced() -> None:
    assert "drop it" in told(pii={"email": "pseudonymise"})


def test_a_model_does_not_learn_who_somebody_is() -> None:
    assert "is a feature" in told(person="town")


@pytest.mark.parametrize("column", ["paid", "asked"])
def test_target_and_time_are_nobody(column: str) -> None:
    assert "target or the time column" in told(person=column)


def test_persons_are_in_no_excluded_column() -> None:
    with pytest.raises(ValidationError, match="no row would bear it"):
        ModelSpec.model_validate({**SPEC, "excluded": ["who"], "privacy": {"person": "who"}})


def test_entities_cannot_be_dropped_where_they_name_the_person() -> None:
    assert "names the person" in told(person="customer", pii={"entity_id": "drop"})


def test_another_treatment_does_not_exist() -> None:
    assert "drop" in told(pii={"name": "encrypt"})
