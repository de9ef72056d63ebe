"""Rows that are encoded column by column give the bits, and the errors, of rows one by one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import InvalidRows
from perennial.features.columns import Columns
from perennial.features.encoder import MANY, Encoder
from perennial.features.schema import FeatureSchema

FEATURES = [
    FeatureSchema("number", "number", nullable=True),
    FeatureSchema("narrow", "number", minimum=-1, maximum=10.5),
    FeatureSchema("integer", "integer"),
    FeatureSchema("age", "integer", nullable=True, minimum=0, maximum=120),
    FeatureSchema("kind", "category", categories=["a", "b", "7", "true"]),
    FeatureSchema("lax", "category", nullable=True, categories=["a", "b"], unseen="missing"),
    FeatureSchema("flag", "boolean", nullable=True),
    FeatureSchema("when", "timestamp", nullable=True),
]
GOOD: dict[str, Any] = {
    "number": 1.5,
    "narrow": 3,
    "integer": 7,
    "age": 41,
    "kind": "a",
    "lax": "b",
    "flag": True,
    "when": "2026-11-21T12:00:00Z",
}
EDGES: list[Any] = [None, True, 0, -0.0, 10.5, 11, 1e300, -1e300, 3.5e38, 10**400, 2**63, 2**53 + 1]
EDGES += [math.inf, math.nan, 1e-45, 5e-324, "a", "7", 7, 7.0, "new", "", [], {}, "2026-11-21", 120]
VALUES = st.sampled_from(EDGES) | st.floats() | st.integers()
ROW = st.fixed_dictionaries({}, optional=dict.fromkeys([*GOOD, "extra"], VALUES)).map(
    lambda changes: GOOD | changes
)
LEFT_OUT = st.sets(st.sampled_from(sorted(GOOD)), max_size=2)


def outcome(table: Any) -> Any:
    """The bits of the codes, or everything that is wrong."""
    try:
        return Encoder(FEATURES).encode(table).tobytes()
    except InvalidRows as error:
        return [(one.row, one.field, one.reason) for one in error.problems]


def one_by_one(rows: list[Any]) -> Any:
    codes, problems = b"", []
    for number, row in enumerate(rows):
        found = outcome([row])
        if isinstance(found, bytes):
            codes += found
        else:
            problems += [(number, *problem[1:]) for problem in found]
    return problems[:100] or codes


@given(rows=st.lists(ROW, min_size=1, max_size=3), left_out=LEFT_OUT, place=st.integers(0, MANY))
def test_many_rows_are_encoded_like_each_of_them(
    rows: list[dict[str, Any]], left_out: set[str], place: int
) -> None:
    strange = [{k: v for k, v in row.items() if k not in left_out} for row in rows]
    many = [GOOD] * place + strange + [GOOD] * (MANY - place)
    assert outcome(many) == one_by_one(many)


@given(rows=st.lists(ROW, min_size=1, max_size=3), left_out=LEFT_OUT)
def test_columns_are_encoded_like_their_rows(
    rows: list[dict[str, Any]], left_out: set[str]
) -> None:
    names = {name for row in rows for name in row} - left_out
    whole = [{name: row.get(name, GOOD.get(name)) for name in sorted(names)} for row in rows]
    columns = Columns({name: [row[name] for row in whole] for name in sorted(names)}, len(whole))
    assert outcome(columns) == one_by_one(whole)


def test_the_order_of_the_names_changes_nothing() -> None:
    backwards = dict(reversed(GOOD.items()))
    assert outcome([GOOD] * MANY) == outcome([backwards] * MANY)
    assert outcome([GOOD, backwards] * MANY) == outcome([GOOD] * (2 * MANY))


@pytest.mark.parametrize("wrong", [5, "row", None, [], {}])
def test_a_row_that_is_none_is_named_among_many(wrong: object) -> None:
    problems = outcome([GOOD] * MANY + [wrong])
    assert {problem[0] for problem in problems} == {MANY}


def test_columns_without_rows_or_names_are_possible() -> None:
    assert outcome(Columns({name: [] for name in GOOD}, 0)) == b""
    assert outcome(Columns({}, 2))[0] == (0, "narrow", "is missing")
