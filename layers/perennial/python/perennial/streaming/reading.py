"""The record of a producer: `{"model": ..., "row": {...}, "id": ...}`, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perennial.serving.problems import BODY_TOO_LARGE, INVALID_REQUEST, MALFORMED_BODY, Problem
from perennial.serving.rows import MAX_BODY
from perennial.serving.strict_json import parse

MEMBERS = ("model", "row", "id")
ID_LENGTH = 128  # characters
_FORM = 'A record is an object: {"model": "<name>", "row": {"<feature>": <value>, ...}}.'


@dataclass(frozen=True, slots=True)
class Asked:
    """What a record asks.

    Attributes:
        model: the name of a model, deployed or not.
        row: its features; the engine checks them.
        id: what the producer calls the record, if anything.
    """

    model: str
    row: Mapping[str, object]
    id: str | None


def read(data: bytes) -> Asked:
    """What a record asks.

    Raises:
        Problem: it is no JSON, has another form or is too large.
    """
    if len(data) > MAX_BODY:
        raise Problem(BODY_TOO_LARGE, f"At most {MAX_BODY} bytes are read of a record.")
    try:
        document = parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Problem(MALFORMED_BODY, "The record is not UTF-8.") from None
    if not isinstance(document, dict) or not {"model", "row"} <= document.keys():
        raise Problem(INVALID_REQUEST, _FORM)
    if not document.keys() <= set(MEMBERS):
        raise Problem(INVALID_REQUEST, "A record has the members `model`, `row` and `id`.")
    model, row, name = document["model"], document["row"], document.get("id")
    if not isinstance(model, str) or not isinstance(row, dict):
        raise Problem(INVALID_REQUEST, _FORM)
    if name is not None and not (isinstance(name, str) and len(name) <= ID_LENGTH):
        raise Problem(INVALID_REQUEST, f"`id` is a text of at most {ID_LENGTH} characters.")
    return Asked(model, row, name)
