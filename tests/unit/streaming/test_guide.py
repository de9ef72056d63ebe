"""`docs/streams.md` says what the code does."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from perennial.serving.problems import CATALOGUE
from perennial.streaming.answering import MAX_RECORD, Answerer
from perennial.streaming.reading import ID_LENGTH, MEMBERS
from perennial.streaming.records import Answer, Refused

from stacks import streaming
from stacks.constructs import row_stream
from tests.unit.predict.asking import Asked
from tests.unit.streaming.doubles import arrival
from tests.unit.streaming.test_answers import BAD, row

PAGE = (Path(__file__).parents[3] / "docs" / "streams.md").read_text("utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def keys(header: str) -> set[str]:
    """The first column of the table with this first heading."""
    below = PAGE.split(f"| {header} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {line.strip("| ").split("|")[0].strip("` ") for line in below}


def test_the_members_of_a_record_are_the_codes() -> None:
    assert keys("Member") == set(MEMBERS)
    assert f"at most {ID_LENGTH} characters" in PAGE


def test_every_reason_is_documented() -> None:
    reasons = {reason for reason, _ in BAD} | {"answer-too-large", "internal-error"}
    assert keys("`reason`") == reasons <= {kind.slug for kind in CATALOGUE}


def test_a_prediction_looks_as_in_the_example(asked: Asked) -> None:
    record = arrival(1, row(age=41) | {"id": "order-9"})
    became = Answerer(asked.models, None).answer(record)  # type: ignore[arg-type]
    assert isinstance(became, Answer)
    said = json.loads(became.data)
    assert list(said) == list(EXAMPLES[0])
    assert said["probabilities"] == EXAMPLES[0]["probabilities"]


def test_a_message_about_poison_looks_as_in_the_example(asked: Asked) -> None:
    became = Answerer(asked.models, None).answer(arrival(1, row(age="x")))  # type: ignore[arg-type]
    assert isinstance(became, Refused)
    told = json.loads(became.message("perennial-rows"))
    assert list(told) == list(EXAMPLES[1])
    for name in ("reason", "title", "detail", "errors", "model", "stream"):
        assert told[name] == EXAMPLES[1][name]


def test_the_numbers_are_the_codes() -> None:
    assert f"After {streaming._ATTEMPTS} attempts" in PAGE
    assert f"{streaming._OLDEST.to_hours():.0f} hours" in PAGE
    assert f"for {row_stream.KEPT_HOURS} hours" in PAGE
    assert MAX_RECORD == 1_048_576
    assert "over 1 MiB" in PAGE


def test_the_examples_are_python() -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 2
    for text in examples:
        ast.parse(text)
