"""Whom a row is about, as its caller says: checked always, not only while it matters."""

from __future__ import annotations

import json

import pytest
from perennial.serving.answered import Answered
from perennial.serving.entities import LONGEST
from perennial.serving.journal import Journal
from perennial.serving.predict import Endpoint

from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import event

HEADER = "X-Entity-Id"
ROWS = [{"age": 50}, {"age": 20}]
TEXTS = ["7", "customer 7", "Zoë \U0001f600", "\ud800", "\u0000", "x" * LONGEST]


@pytest.fixture
def kept(asked: Asked) -> list[Answered]:
    """What the endpoint hands to capture."""
    found: list[Answered] = []
    asked.endpoint = Endpoint(
        asked.models, Journal(), capture=lambda answered, _: found.append(answered)
    )
    return found


@pytest.mark.parametrize("text", ["7", "customer 7", " 7 ", "~", "x" * LONGEST])
def test_a_header_names_the_entity_of_all_rows(
    asked: Asked, kept: list[Answered], text: str
) -> None:
    status, _, _ = asked.respond(headers={HEADER: text}, body=json.dumps({"rows": ROWS}))
    assert status == 200
    assert kept[0].entities == text.strip()


@pytest.mark.parametrize("text", TEXTS)
def test_the_body_names_one_for_all_rows_or_one_for_each(
    asked: Asked, kept: list[Answered], text: str
) -> None:
    for entities in (text, [text, "other"]):
        body = json.dumps({"rows": ROWS, "entity_ids": entities})
        assert asked.respond(body=body)[0] == 200
        assert kept.pop().entities == entities


def test_nothing_said_is_nothing_kept(asked: Asked, kept: list[Answered]) -> None:
    asked.respond(body=json.dumps({"rows": ROWS}))
    assert kept[0].entities is None


@pytest.mark.parametrize("text", ["", "   ", "x" * (LONGEST + 1), "Zoë", "\U0001f600", "a\tb"])
def test_a_header_that_is_none_is_refused_by_name(asked: Asked, text: str) -> None:
    status, slug, document = asked.problem({"rows": ROWS}, headers={HEADER: text})
    assert (status, slug) == (422, "invalid-request")
    assert "header `x-entity-id` is a text of 1 to 256 characters" in document["detail"]


@pytest.mark.parametrize("value", ["", "x" * (LONGEST + 1), 7, None, True, {}, 1.5])
def test_an_entity_that_is_no_text_is_refused_by_name(asked: Asked, value: object) -> None:
    status, slug, document = asked.problem({"rows": ROWS, "entity_ids": value})
    assert (status, slug) == (422, "invalid-request")
    assert "`entity_ids` is a text" in document["detail"]
    _, _, document = asked.problem({"rows": ROWS, "entity_ids": ["7", value]})
    assert "Entry 1 of `entity_ids` is not a text" in document["detail"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_of_another_length_is_refused_by_name(asked: Asked, count: int) -> None:
    status, slug, document = asked.problem({"rows": ROWS, "entity_ids": ["7"] * count})
    assert (status, slug) == (422, "invalid-request")
    assert document["detail"] == f"`entity_ids` has {count} entries, and there are 2 rows."


def test_header_and_body_at_once_are_refused(asked: Asked) -> None:
    body = {"rows": ROWS, "entity_ids": "7"}
    status, slug, document = asked.problem(body, headers={HEADER: "8"})
    assert (status, slug) == (422, "invalid-request")
    assert "either `entity_ids` or the header" in document["detail"]


def test_an_entity_is_in_no_answer_and_in_no_log(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    for rows in (ROWS, [], [{"age": "x"}]):
        response = asked.endpoint.respond(
            event() | {"headers": {HEADER: "secret-7"}, "body": json.dumps({"rows": rows})}
        )
        assert "secret-7" not in str(response)
    refused = json.dumps({"rows": ROWS, "entity_ids": ["secret-7"]})
    assert "secret-7" not in str(asked.endpoint.respond(event() | {"body": refused}))
    assert "secret-7" not in capsys.readouterr().out
