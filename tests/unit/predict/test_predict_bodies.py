"""Whatever stands in a body, the answer is a 4xx that says what is wrong, never a 5xx."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perennial.serving.engine import engine_of
from perennial.serving.rows import MAX_BODY

from tests.unit.predict.artifacts import artifact
from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
ROW = st.dictionaries(st.sampled_from(["age", "job", "x"]) | st.text(), JSON, max_size=4)
SHARED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "line 1, column 1"),
        ("not json", "line 1, column 1"),
        ('{"rows": [\n{"age": 1,}]}', "line 2"),
        ('{"rows": [{"age": NaN}]}', "NaN is no JSON"),
        ('{"rows": [{"age": -Infinity}]}', "-Infinity is no JSON"),
        ('{"rows": [{"age": 1, "age": 2}]}', "same name twice"),
        ('{"rows": [{"age": 1}], "rows": []}', "same name twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"rows": [{"age": ' + "[" * 100_000 + "]" * 100_000 + "}]}", "nested too deeply"),
        ('{"rows": [{"age": 1}]} {"rows": []}', "Not JSON"),
        ('{"rows": [{"age": "\ud800"}]}', "not UTF-8"),
        ('{"rows": [{"age": 01}]}', "Not JSON"),
    ],
)
def test_what_is_not_json_is_told_so(asked: Asked, body: str, says: str) -> None:
    status, slug, document = asked.problem(body)
    assert (status, slug) == (400, "malformed-body")
    assert says in document["detail"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, '{"rows"'),
        ([], '{"rows"'),
        (None, '{"rows"'),
        (1, '{"rows"'),
        ({"row": {"age": 1}}, '{"rows"'),
        ({"rows": []}, "at least one row"),
        ({"rows": {"age": 1}}, "is a list"),
        ({"rows": None}, "is a list"),
        ({"rows": [{"age": 1}], "version": 3}, "members of the body"),
    ],
)
def test_what_is_no_request_is_told_so(asked: Asked, body: object, says: str) -> None:
    status, slug, document = asked.problem(json.dumps(body))
    assert (status, slug) == (422, "invalid-request")
    assert says in document["detail"]


@pytest.mark.parametrize("row", [1, "age", None, [], [["age", 1]], True])
def test_a_row_that_is_no_object_is_named(asked: Asked, row: object) -> None:
    status, slug, document = asked.problem({"rows": [{"age": 50}, row]})
    assert (status, slug) == (422, "invalid-rows")
    assert document["errors"] == [{"row": 1, "reason": "a row is an object of features"}]


def test_at_most_a_hundred_errors_are_listed(asked: Asked) -> None:
    many: list[list[object]] = [[1] * 500, [{}] * 500]
    for rows in many:
        _, _, document = asked.problem({"rows": rows})
        assert len(document["errors"]) == 100


def test_ten_thousand_rows_are_refused_with_the_limit(asked: Asked) -> None:
    status, slug, document = asked.problem({"rows": [{"age": 50}] * 10_000})
    assert (status, slug) == (413, "too-many-rows")
    assert "1000 rows" in document["detail"]
    assert asked.respond(body=json.dumps({"rows": [{"age": 50}] * 1_000}))[0] == 200


@pytest.mark.parametrize("character", ["x", "é", "\U0001f600"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_over_the_limit_is_refused(asked: Asked, character: str, encoded: bool) -> None:
    length = MAX_BODY // len(character.encode()) + 1
    body = character * length
    if encoded:
        body = base64.b64encode(body.encode()).decode()
    status, slug, document = asked.problem(body=body, isBase64Encoded=encoded)
    assert (status, slug) == (413, "body-too-large")
    assert str(MAX_BODY) in document["detail"]


def test_a_body_at_the_limit_is_read(asked: Asked) -> None:
    body = '{"rows": [{"age": 50}]}'
    body += " " * (MAX_BODY - len(body))
    assert asked.respond(body=body)[0] == 200
    encoded = base64.b64encode(body.encode()).decode()
    assert asked.respond(body=encoded, isBase64Encoded=True)[0] == 200


@pytest.mark.parametrize("digits", [309, 400, 5_000, 500_000])
def test_an_integer_of_any_length_names_its_field(asked: Asked, digits: int) -> None:
    body = '{"rows": [{"age": ' + "9" * digits + "}]}"
    status, slug, document = asked.problem(body=body)
    assert (status, slug) == (422, "invalid-rows")
    assert document["errors"][0]["field"] == "age"


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "Content-Encoding": "br"},
        {"content-type": "application/json", "Content-Encoding": "gzip, gzip"},
        {"CONTENT-TYPE": "multipart/form-data; boundary=x"},
    ],
)
def test_another_media_type_is_not_supported(asked: Asked, headers: dict[str, str]) -> None:
    assert asked.problem(headers=headers)[:2] == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json; charset=utf-8; profile=x",
    ],
)
def test_json_is_supported_however_it_is_spelled(asked: Asked, media_type: str) -> None:
    assert asked.respond(headers={"content-type": media_type})[0] == 200


def test_deflate_is_read_where_api_gateway_has_unpacked_it(asked: Asked) -> None:
    deflate = {"content-encoding": "deflate"}
    assert asked.respond(headers=deflate)[0] == 200
    packed = base64.b64encode(zlib.compress(b'{"rows": [{"age": 50}]}')).decode()
    problem = asked.problem(body=packed, isBase64Encoded=True, headers=deflate)
    assert problem[:2] == (415, "unsupported-media-type")


@pytest.mark.parametrize("body", ["%%%", "aGVsbG8", "äöü", "YQ==YQ=="])
def test_a_body_wrongly_marked_as_base64_is_told_so(asked: Asked, body: str) -> None:
    status, slug, document = asked.problem(body=body, isBase64Encoded=True)
    assert (status, slug) == (400, "malformed-body")
    assert "base64" in document["detail"]


def test_a_byte_order_mark_is_overlooked(asked: Asked) -> None:
    assert asked.respond(body='\ufeff{"rows": [{"age": 50}]}')[0] == 200


def test_bytes_that_are_no_text_are_told_so(asked: Asked) -> None:
    body = base64.b64encode(b'{"rows": [{"age": "\xff\xfe"}]}').decode()
    status, slug, document = asked.problem(body=body, isBase64Encoded=True)
    assert (status, slug) == (400, "malformed-body")
    assert "UTF-8" in document["detail"]


def zipped(body: bytes) -> dict[str, Any]:
    """The changes to an event that send a body compressed."""
    return {
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "headers": {"content-type": "application/json", "Content-Encoding": "gzip"},
    }


def test_a_compressed_body_is_read(asked: Asked) -> None:
    status, _, document = asked.respond(**zipped(gzip.compress(b'{"rows": [{"age": 50}]}')))
    assert (status, document["predictions"][0]["prediction"]) == (200, "yes")


def test_a_small_body_that_unpacks_without_end_is_refused(asked: Asked) -> None:
    bomb = gzip.compress(b" " * 50 * MAX_BODY)
    assert len(bomb) < MAX_BODY
    tracemalloc.start()
    try:
        assert asked.problem(**zipped(bomb))[:2] == (413, "body-too-large")
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_BODY
    finally:
        tracemalloc.stop()


WHOLE = gzip.compress(b'{"rows": [{"age": 50}]}')


@pytest.mark.parametrize(
    "body",
    [b"", b'{"rows": [{"age": 50}]}', WHOLE[:-4], WHOLE[:12], WHOLE + b"x", WHOLE + WHOLE],
    ids=["empty", "plain", "without its end", "cut", "more", "twice"],
)
def test_what_is_no_whole_gzip_member_is_told_so(asked: Asked, body: bytes) -> None:
    status, slug, document = asked.problem(**zipped(body))
    assert (status, slug) == (400, "malformed-body")
    assert "gzip" in document["detail"]


def test_gzip_that_is_not_sent_as_bytes_is_told_so(asked: Asked) -> None:
    changes = zipped(WHOLE) | {"body": WHOLE.decode("latin-1"), "isBase64Encoded": False}
    assert asked.problem(**changes)[:2] == (400, "malformed-body")


def test_compressed_bytes_that_are_no_text_are_told_so(asked: Asked) -> None:
    assert asked.problem(**zipped(gzip.compress(b"\xff\xfe")))[:2] == (400, "malformed-body")


@SHARED
@given(body=st.binary())
def test_no_compressed_bytes_bring_it_down(asked: Asked, body: bytes) -> None:
    never_ours(asked, **zipped(gzip.compress(body)))
    never_ours(asked, **zipped(WHOLE[:10] + body))


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml, text/*;q=0.5",
        "application/json;q=0",
        "*/*;q=0",
        "application/*;q=0, */*",
        "application/json; q=0.000",
    ],
)
def test_who_does_not_take_json_is_told_so(asked: Asked, accept: str) -> None:
    assert asked.problem(headers={"Accept": accept})[:2] == (406, "not-acceptable")
    assert asked.respond()[0] == 200


@pytest.mark.parametrize(
    "accept",
    [
        "",
        ",",
        "*/*",
        "application/json",
        "Application/JSON;q=0.1",
        "application/json; charset=utf-8",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html, application/*",
        "*/*;q=0, application/json",
        "application/json;q=many",
    ],
)
def test_who_takes_json_in_any_way_gets_it(asked: Asked, accept: str) -> None:
    assert asked.respond(headers={"Accept": accept})[0] == 200


@SHARED
@given(accept=st.text(), encoding=st.text(), kind=st.text())
def test_no_headers_bring_it_down(asked: Asked, accept: str, encoding: str, kind: str) -> None:
    never_ours(asked, headers={"Accept": accept})
    never_ours(asked, headers={"Content-Encoding": encoding, "Content-Type": kind})


@pytest.fixture(scope="module")
def trained() -> Asked:
    """An endpoint with a real artifact of every type of feature."""
    asked = Asked(engine_of)
    asked.world.put_in_service("bank", 3, artifact()[0])
    return asked


def never_ours(asked: Asked, **changes: object) -> None:
    status, _, document = asked.respond(**changes)
    assert status < 500, document
    assert (status == 200) == ("predictions" in document)


@SHARED
@given(body=JSON)
def test_no_json_brings_it_down(asked: Asked, body: Any) -> None:
    never_ours(asked, body=json.dumps(body))


@SHARED
@given(rows=st.lists(ROW | JSON, max_size=5))
def test_no_rows_bring_it_down(asked: Asked, rows: Any) -> None:
    never_ours(asked, body=json.dumps({"rows": rows}))


@SHARED
@given(body=st.text(st.characters(exclude_categories=[])))
def test_no_text_brings_it_down(asked: Asked, body: str) -> None:
    never_ours(asked, body=body)


@SHARED
@given(body=st.binary())
def test_no_bytes_bring_it_down(asked: Asked, body: bytes) -> None:
    never_ours(asked, body=base64.b64encode(body).decode(), isBase64Encoded=True)


NUMBERS = st.integers() | st.floats() | st.sampled_from([10**308, 10**309, -(10**400), 2**1024])
TEXTS = st.text() | st.sampled_from(["admin.", "2026-11-21", "0001-01-01T00:00:00+14:00", "NaN"])
FIT_OR_NOT = {
    "age": st.integers(16, 120) | NUMBERS | JSON,
    "job": st.just("admin.") | TEXTS | JSON,
    "balance": NUMBERS | JSON,
    "married": st.booleans() | JSON,
    "seen": TEXTS | st.datetimes().map(str) | JSON,
}


@SHARED
@given(rows=st.lists(st.fixed_dictionaries({}, optional=FIT_OR_NOT), min_size=1, max_size=4))
def test_no_rows_bring_the_real_engine_down(trained: Asked, rows: Any) -> None:
    never_ours(trained, body=json.dumps({"rows": rows}))


@SHARED
@given(name=st.sampled_from(sorted(event())), value=JSON)
def test_no_event_brings_it_down(asked: Asked, name: str, value: Any) -> None:
    never_ours(asked, **{name: value})
