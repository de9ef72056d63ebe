"""What the endpoint takes for a feature, what it refuses, and what it says then."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from perennial.errors import InvalidRows
from perennial.features.encoder import MOST_PROBLEMS, Encoder
from perennial.features.schema import FeatureSchema

SECRET = "value-that-no-message-may-repeat"


def encoder(kind: str, **given: Any) -> Encoder:
    if kind == "category":
        given.setdefault("categories", ["a", "b", "true", "7", "ä"])
    return Encoder([FeatureSchema("x", kind, **given)])


def code(kind: str, value: object, **given: Any) -> float:
    return float(encoder(kind, **given).encode([{"x": value}])[0])


def reason(kind: str, value: object, **given: Any) -> str:
    with pytest.raises(InvalidRows) as caught:
        encoder(kind, **given).encode([{"x": value}])
    (problem,) = caught.value.problems
    assert (problem.row, problem.field) == (0, "x")
    assert SECRET not in problem.reason
    return problem.reason


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", 1.5, 1.5),
        ("number", 3, 3.0),
        pytest.param("number", 10**300, 3.4028234663852886e38, id="a large integer"),
        ("number", -1e300, -3.4028234663852886e38),
        ("number", 1e-45, 1.401298464324817e-45),
        ("integer", 7, 7.0),
        ("integer", 7.0, 7.0),
        ("integer", -(2**63), -(2.0**63)),
        ("boolean", True, 1.0),
        ("boolean", False, 0.0),
        ("category", "b", 1.0),
        ("category", "ä", 4.0),
        ("category", True, 2.0),
        ("category", 7, 3.0),
        ("timestamp", "1970-01-01T00:00:02Z", 2.0),
        ("timestamp", "1970-01-01T01:00:02+01:00", 2.0),
        ("timestamp", "1970-01-01 00:00:00.500", 0.5),
        ("timestamp", "1970-01-02", 86400.0),
        ("timestamp", "9999-12-31T23:59:59Z", 253402300416.0),
    ],
)
def test_a_fitting_value_has_a_code(kind: str, value: object, expected: float) -> None:
    assert code(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", SECRET, "must be a number"),
        ("number", True, "must be a number"),
        ("number", math.nan, "must be a finite number"),
        ("number", math.inf, "must be a finite number"),
        ("number", [1], "must be a number"),
        ("number", None, "must not be null"),
        ("integer", 1.5, "must be a whole, finite number"),
        ("integer", -math.inf, "must be a whole, finite number"),
        ("integer", False, "must be an integer"),
        ("integer", SECRET, "must be an integer"),
        ("integer", 2**63, "must be an integer of at most 64 bits"),
        ("integer", 1e300, "must be an integer of at most 64 bits"),
        ("boolean", 1, "must be true or false"),
        ("boolean", "true", "must be true or false"),
        ("boolean", None, "must not be null"),
        ("category", SECRET, "must be one of the categories the model knows"),
        ("category", 8, "must be one of the categories the model knows"),
        ("category", 7.0, "must be text"),
        ("category", {"a": 1}, "must be text"),
        pytest.param("category", 10**5000, "must be text", id="a number too long to print"),
        ("category", None, "must not be null"),
        ("timestamp", SECRET, "must be an ISO 8601 timestamp"),
        ("timestamp", 5, "must be an ISO 8601 timestamp"),
        ("timestamp", "2024-13-01", "must be an ISO 8601 timestamp"),
        ("timestamp", "0001-01-01T00:00:00+14:00", "must be an ISO 8601 timestamp"),
        ("timestamp", "9999-12-31T23:59:59-00:01", "must be an ISO 8601 timestamp"),
    ],
)
def test_a_value_that_does_not_fit_is_named_without_being_repeated(
    kind: str, value: object, expected: str
) -> None:
    assert reason(kind, value) == expected


@pytest.mark.parametrize("value", [-1, -0.5, 10.5, 11, 10**400])
def test_limits_are_inclusive_and_told(value: float) -> None:
    for fitting in (0, 0.0, 10):
        assert code("number", fitting, minimum=0, maximum=10) == fitting
    assert reason("number", value, minimum=0, maximum=10) in (
        "must be at least 0",
        "must be at most 10",
    )


def test_an_unseen_category_can_count_as_missing_and_null_still_does_not() -> None:
    assert math.isnan(code("category", "new", unseen="missing"))
    assert reason("category", None, unseen="missing") == "must not be null"


@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "category", "timestamp"])
def test_a_nullable_feature_may_be_null_or_left_out(kind: str) -> None:
    subject = encoder(kind, nullable=True)
    assert [math.isnan(value) for value in subject.encode([{"x": None}, {}])] == [True, True]


def two() -> Encoder:
    return Encoder([FeatureSchema("a", "number"), FeatureSchema("b", "number", nullable=True)])


def problems(rows: list[Any]) -> list[tuple[int, str, str]]:
    with pytest.raises(InvalidRows) as caught:
        two().encode(rows)
    return [(one.row, one.field, one.reason) for one in caught.value.problems]


def test_every_problem_of_every_row_is_told() -> None:
    rows: list[Any] = [{"a": 1, "b": 2}, {"b": "x"}, {"a": 1, "b": 2, "c": 3}, 5, {"A": 1, "b": 1}]
    assert problems(rows) == [
        (1, "a", "is missing"),
        (1, "b", "must be a number"),
        (2, "c", "is no feature of this model"),
        (3, "", "must be an object with one member per feature"),
        (4, "a", "is missing"),
        (4, "A", "is no feature of this model"),
    ]


def test_the_list_of_problems_ends_somewhere() -> None:
    assert len(problems([{}] * 500)) == MOST_PROBLEMS
    assert len(problems([{str(n): n for n in range(5000)}])) == MOST_PROBLEMS


def test_a_long_name_is_cut() -> None:
    assert len(problems([{"a": 1, "n" * 10_000: 1}])[0][1]) == 128


def test_rows_follow_each_other_in_the_order_of_the_features() -> None:
    assert list(two().encode([{"b": 2, "a": 1}, {"a": 3, "b": 4}])) == [1, 2, 3, 4]
    assert list(two().encode([])) == []


def test_a_schema_survives_json() -> None:
    feature = FeatureSchema("x", "category", categories=["ä", "b"], nullable=True, unseen="missing")
    again = FeatureSchema.from_json(json.loads(json.dumps(feature.to_json())))
    assert again.to_json() == feature.to_json()


@pytest.mark.parametrize(
    "given",
    [
        {"type": "prose"},
        {"type": "category"},
        {"type": "number", "categories": ["a"]},
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="x: "):
        FeatureSchema("x", **given)
