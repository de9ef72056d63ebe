"""The text of an answer says what its objects say, whichever way its numbers are written."""

from __future__ import annotations

import json
from array import array
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.serving import fast_json
from perennial.serving.predictions import Predictions, labelled
from perennial.serving.protocols.native_text import predictions_text

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LABELS = st.lists(st.text(), min_size=2, max_size=5, unique=True)


def as_objects(predictions: Predictions, request_id: str, probabilities: bool) -> Any:
    found = []
    for number, answer in enumerate(predictions):
        one: dict[str, Any] = {"id": f"{request_id}-{number}", "prediction": answer.value}
        if probabilities and answer.probabilities is not None:
            one["probabilities"] = answer.probabilities
        found.append(one)
    return found


@pytest.mark.parametrize("long", [0, fast_json.LONG])
@pytest.mark.parametrize("probabilities", [False, True])
@given(data=st.data(), labels=LABELS, request_id=st.text(max_size=9), rows=st.integers(1, 4))
def test_the_text_is_the_objects(
    long: int, probabilities: bool, data: Any, labels: list[str], request_id: str, rows: int
) -> None:
    count = rows * len(labels)
    scores = array("d", data.draw(st.lists(NUMBERS, min_size=count, max_size=count)))
    threshold = data.draw(NUMBERS) if len(labels) == 2 else None
    classification = labelled(scores, tuple(labels), threshold)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_json, "LONG", long)
        patch.setattr(fast_json, "sys", SimpleNamespace(modules={}))
        for predictions in (classification, Predictions(scores, None, None)):
            text = predictions_text(predictions, request_id, probabilities=probabilities)
            assert json.loads(text) == as_objects(predictions, request_id, probabilities)


@pytest.mark.parametrize("long", [0, fast_json.LONG])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_a_number_json_does_not_have_is_never_written(
    monkeypatch: pytest.MonkeyPatch, long: int, wrong: float
) -> None:
    monkeypatch.setattr(fast_json, "LONG", long)
    with pytest.raises(ValueError, match="no finite number"):
        predictions_text(Predictions(array("d", [1.0, wrong]), None, None), "r", probabilities=True)


def test_large_numbers_whose_sum_is_none_are_written() -> None:
    large = Predictions(array("d", [1.7e308, 1.7e308]), None, None)
    text = predictions_text(large, "r", probabilities=True)
    assert [one["prediction"] for one in json.loads(text)] == [1.7e308, 1.7e308]


def test_predictions_are_read_like_a_list() -> None:
    subject = labelled(array("d", [0.9, 0.1, 0.2, 0.8]), ("no", "yes"), 0.5)
    assert [one.value for one in subject] == ["no", "yes"]
    assert subject[-1].probabilities == {"no": 0.2, "yes": 0.8}
    assert [one.value for one in subject[1:]] == ["yes"]
    with pytest.raises(IndexError):
        subject[2]
