"""However a text is read, quickly or carefully, the same comes out; names are never lost."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from perennial.serving import fast_json
from perennial.serving.problems import Problem
from perennial.serving.strict_json import _careful, parse

SHORT = fast_json.LONG - 10_000


@pytest.fixture(params=["standard library", "orjson"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two parsers reads, whatever the length of a text."""
    long = fast_json.LONG if request.param == "standard library" else 0
    monkeypatch.setattr(fast_json, "LONG", long)
    monkeypatch.setattr(fast_json, "sys", SimpleNamespace(modules={}))


def outcome(text: str, *, careful: bool, nan: bool = False) -> Any:
    """What a text is read as, or what is said against it."""
    try:
        return repr(_careful(text, nan) if careful else parse(text, nan=nan))
    except Problem as problem:
        return problem.kind, problem.detail


TEXT = st.text(max_size=6) | st.sampled_from(["12:00:00", "a:b", '":', "\\u003a", ":"])
NUMBERS = (
    st.integers(-(2**63), 2**64 - 1).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.sampled_from(["1e400", "-1e400", "1E5", "-0", "01", "NaN", "Infinity", "9" * 5_000])
)
VALUES: st.SearchStrategy[str] = (
    NUMBERS | TEXT.map(json.dumps) | st.sampled_from(["null", "true", "{}", "[]", "?", ""])
)


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects as text, with names that may repeat."""
    names = st.sampled_from(['"a"', '"b"', '"c:d"', '"\\u0061"', "a"])
    members = st.lists(st.tuples(names, values).map(":".join), max_size=4)
    return members.map(lambda found: "{" + ",".join(found) + "}")


def lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=4).map(lambda found: "[" + ",".join(found) + "]")


DOCUMENTS = st.recursive(VALUES, lambda inner: objects(inner) | lists(inner), max_leaves=12)
BODIES = lists(objects(VALUES)).map('{{"rows":{}}}'.format) | DOCUMENTS


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("nan", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        '{"rows":[{"a":1,"a":2}]}',
        '{"rows":[{"a":"x:y","a":2}]}',
        '{"rows":[{"a":1,"b":"12:00"},{"a":1,"a":"12:00"}]}',
        '{"rows":[{"a":{"a":1,"a":2}}]}',
        '{"rows":[],"rows":[]}',
        '{"rows":[{"a":"\\u003a","a":2}]}',
        '{"inputs":[{"data":[1,2],"data":[3]}]}',
        '[{"a":1,"a":2}]',
    ],
)
def test_a_name_given_twice_is_never_overlooked(text: str, nan: bool) -> None:
    with pytest.raises(Problem) as caught:
        parse(text, nan=nan)
    assert "same name twice" in caught.value.detail


@pytest.mark.parametrize("long", [0, fast_json.LONG])
@pytest.mark.parametrize("nan", [False, True])
@given(text=BODIES)
@example(text='{"rows":[{"a":18446744073709551615,"b":-9223372036854775808}]}')
@example(text='{"rows":[{"when":"2026-11-21T12:00:00Z"}]}')
def test_reading_quickly_changes_nothing(long: int, nan: bool, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_json, "LONG", long)
        patch.setattr(fast_json, "sys", SimpleNamespace(modules={}))
        assert outcome(text, careful=False, nan=nan) == outcome(text, careful=True, nan=nan)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("depth", [200_000, 900_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', '{"rows":[{"a":['])
def test_no_depth_breaks_it(opening: str, depth: int) -> None:
    with pytest.raises(Problem) as caught:
        parse(opening * (depth // len(opening)))
    assert "nested too deeply" in caught.value.detail


@pytest.mark.usefixtures("library")
def test_nan_is_null_for_those_who_ask_for_it() -> None:
    assert parse('{"data":[NaN, 1.5]}', nan=True) == {"data": [None, 1.5]}
    for text in ('{"data":[NaN]}', '{"data":[Infinity]}', '{"data":[-Infinity]}'):
        with pytest.raises(Problem, match="malformed-body"):
            parse(text)


def test_a_short_text_needs_no_other_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_json, "sys", SimpleNamespace(modules={}))
    assert fast_json.fast_json(SHORT) is None
    assert fast_json.fast_json(fast_json.LONG) is not None


def test_a_function_without_the_faster_library_reads_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "orjson", None)  # its import fails now
    assert fast_json.fast_json(fast_json.LONG) is None
    assert parse("[" + "1," * fast_json.LONG + "1e400]") == [1] * fast_json.LONG + [math.inf]
