"""An answer is the same whichever serializer writes it."""

from __future__ import annotations

import json
from array import array
from types import SimpleNamespace
from typing import Any

import pytest
from perennial.serving import fast_json
from perennial.serving.answered import Answered
from perennial.serving.predictions import Predictions
from perennial.serving.protocols.long_answers import written
from perennial.serving.router import Served

from tests.unit.protocols.conftest import Spoken
from tests.unit.protocols.models import NAMES, matrix


def answered(*scores: float) -> Answered:
    served = Served(1, "0" * 64, None)  # type: ignore[arg-type]
    predictions = Predictions(array("d", scores), None, None)
    return Answered("m", served, "r", [], predictions, None)


def bodies(rows: int) -> dict[str, Any]:
    data = matrix(rows).tolist()
    records = [dict(zip(NAMES, [*row[:2], bool(row[2])], strict=True)) for row in data]
    whole = {"name": "x", "shape": [rows, 3], "datatype": "FP32", "data": data}
    return {
        "rest-infer": {"inputs": [whole]},
        "rest-invocations": {"inputs": records, "params": {"probabilities": True}},
    }


@pytest.mark.parametrize("recorded", bodies(1))
def test_an_answer_says_the_same_by_either_serializer(
    spoken: Spoken, monkeypatch: pytest.MonkeyPatch, recorded: str
) -> None:
    body = json.dumps(bodies(200)[recorded])
    monkeypatch.setattr(fast_json, "sys", SimpleNamespace(modules={}))
    _, _, short = spoken.ask(recorded, body=body, model="parcels")
    monkeypatch.setattr(fast_json, "LONG", 200 * 3)
    _, _, long = spoken.ask(recorded, body=body, model="parcels")
    assert long == short


def test_only_long_answers_load_the_faster_serializer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_json, "sys", SimpleNamespace(modules={}))
    assert written({"a": 1}, answered(*[0.5] * 100)) == {"a": 1}
    assert written({"a": 1}, answered(*[0.5] * 10_000)) == '{"a":1}'


def test_an_id_that_is_no_unicode_comes_back_by_either_serializer(
    spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({**bodies(200)["rest-infer"], "id": "\ud800"})
    monkeypatch.setattr(fast_json, "LONG", 0)
    status, _, answer = spoken.ask("rest-infer", body=body, model="parcels")
    assert (status, answer["id"]) == (200, "\ud800")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_json_has_not_is_never_written(number: float) -> None:
    with pytest.raises(ValueError, match="no finite number"):
        written({}, answered(*[0.5] * 10_000, number))
