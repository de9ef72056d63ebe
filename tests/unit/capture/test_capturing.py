"""What the endpoint hands to the queue: everything that may be kept, and nothing else."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.capture.batch import Batch
from perennial.features.columns import Columns
from perennial.serving import capture as subject
from perennial.serving.answered import Answered
from perennial.serving.capture import Capture, Policy, position
from perennial.serving.journal import Journal
from perennial.serving.predict import Endpoint
from perennial.serving.router import Served

from tests.fakes.objects import InMemoryObjects
from tests.unit.capture.messages import SPEC, spec
from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import FakeEngine, predictions

ROW = {
    "age": 41,
    "balance": 1204.5,
    "job": "admin.",
    "housing": True,
    "since": "2026-01-31",
    "secret": 98765.4321,
}


class Queue(list[tuple[str, str]]):
    def send(self, text: str, model: str) -> None:
        self.append((text, model))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text, _ in self]


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    (tmp_path / "bank.json").write_text(spec().model_dump_json())
    return tmp_path


def capturing(specs: Path, queue: Queue) -> Capture:
    return Capture(lambda _lost: queue, str(specs), Journal())


def answered(table: Any, request_id: str = "r") -> Answered:
    made = predictions([0.75] * len(table))
    served = Served(3, "ab" * 32, FakeEngine())
    return Answered("bank", served, request_id, table, made, None)


def test_a_request_is_one_message(specs: Path) -> None:
    queue = Queue()
    capturing(specs, queue)(answered([ROW, ROW | {"age": 20}]), 1.23456)
    ((text, model),) = queue
    assert model == "bank"
    assert text.isascii()
    document = json.loads(text)
    assert document.pop("at") > 1.7e12
    assert document == {
        "format": 1,
        "model": "bank",
        "version": 3,
        "digest": "ab" * 32,
        "request_id": "r",
        "protocol": "native",
        "milliseconds": 1.235,
        "rows": 2,
        "first": 0,
        "count": 2,
        "features": {
            "age": [41, 20],
            "balance": [1204.5, 1204.5],
            "job": ["admin.", "admin."],
            "housing": [True, True],
            "since": ["2026-01-31", "2026-01-31"],
        },
        "predictions": ["yes", "yes"],
        "labels": ["no", "yes"],
        "probabilities": [0.25, 0.75, 0.25, 0.75],
    }


def test_columns_are_kept_as_rows_are(specs: Path) -> None:
    by_row, by_column = Queue(), Queue()
    rows = [ROW, ROW | {"balance": None}]
    capturing(specs, by_row)(answered(rows), 1.0)
    columns = Columns({name: [row[name] for row in rows] for name in ROW}, 2)
    capturing(specs, by_column)(answered(columns), 1.0)
    one, other = by_row.messages[0], by_column.messages[0]
    assert {**one, "at": 0} == {**other, "at": 0}


def test_a_missing_value_is_null(specs: Path) -> None:
    queue = Queue()
    capturing(specs, queue)(answered([{"age": 41}]), 1.0)
    features = queue.messages[0]["features"]
    assert features["age"] == [41]
    assert features["balance"] == [None]


def test_nothing_sensitive_or_excluded_leaves_the_process(tmp_path: Path) -> None:
    text = SPEC + "capture: {exclude: [balance]}\n"
    (tmp_path / "bank.json").write_text(spec(text).model_dump_json())
    queue = Queue()
    capturing(tmp_path, queue)(answered([ROW]), 1.0)
    ((message, _),) = queue
    assert "98765" not in message
    assert "1204" not in message
    assert "secret" not in message
    assert "balance" not in message


def test_of_a_sensitive_target_no_answer_leaves_the_process(tmp_path: Path) -> None:
    (tmp_path / "bank.json").write_text(spec(SPEC.replace("[secret]", "[y]")).model_dump_json())
    queue = Queue()
    capturing(tmp_path, queue)(answered([ROW]), 1.0)
    assert not {"predictions", "labels", "probabilities"} & queue.messages[0].keys()


def test_what_a_rollout_adds_is_sent_only_in_one(specs: Path) -> None:
    queue = Queue()
    served = Served(4, "ab" * 32, FakeEngine(), role="challenger")
    one = Answered(
        "bank",
        served,
        "r",
        [ROW, ROW],
        predictions([0.75] * 2),
        None,
        entities=["a", "b", "c"],
        rollout_id="r1",
    ).as_part([0, 2], 3)
    capturing(specs, queue)(one, 1.0)
    (message,) = queue.messages
    assert (message["role"], message["rollout"]) == ("challenger", "r1")
    assert (message["rows"], message["first"], message["count"]) == (3, 0, 2)
    assert (message["numbers"], message["entities"]) == ([0, 2], ["a", "c"])


@pytest.mark.parametrize("entities", ["one", [f"customer-{number}" for number in range(100)]])
def test_entities_and_places_are_divided_with_their_rows(
    specs: Path, monkeypatch: pytest.MonkeyPatch, entities: Any
) -> None:
    monkeypatch.setattr(subject, "MESSAGE_BYTES", 2_000)
    queue, numbers = Queue(), list(range(0, 200, 2))
    rows = [ROW | {"age": number} for number in range(100)]
    one = answered(rows)
    one.entities, one.numbers, one.rows = entities, numbers, 200
    capturing(specs, queue)(one, 1.0)
    assert len(queue) > 1
    store = InMemoryObjects()
    batch = Batch(lambda _: spec(), store, "data")
    for text, _ in queue:
        batch.take("m", text)
    assert [written.rows for written in batch.write()] == [100]
    (uri,) = store.content_types
    kept = pq.read_table(io.BytesIO(store.read(uri))).to_pylist()
    assert [row["row"] for row in kept] == numbers
    expected = entities if isinstance(entities, list) else ["one"] * 100
    assert [row["entity_id"] for row in kept] == expected


def test_a_model_may_keep_nothing(tmp_path: Path) -> None:
    text = SPEC + "capture: {enabled: false}\n"
    (tmp_path / "bank.json").write_text(spec(text).model_dump_json())
    queue = Queue()
    capturing(tmp_path, queue)(answered([ROW]), 1.0)
    assert queue == []


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_sample_is_as_large_as_it_says(share: float) -> None:
    policy = Policy({"capture": {"sample": share}, "features": {}})
    kept = sum(policy.keeps(f"request-{number}") for number in range(5_000))
    assert kept / 5_000 == pytest.approx(share, abs=0.02)


@given(st.text(), st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_a_larger_sample_holds_the_smaller_one(request_id: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    if Policy({"capture": {"sample": small}}).keeps(request_id):
        assert Policy({"capture": {"sample": large}}).keeps(request_id)
    assert 0 <= position(request_id) < 1


def test_a_large_request_is_divided_and_put_together_again(
    specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "MESSAGE_BYTES", 2_000)
    queue = Queue()
    rows = [ROW | {"age": number} for number in range(100)]
    capturing(specs, queue)(answered(rows), 1.0)
    assert len(queue) > 1
    assert all(len(text) <= 2_000 for text, _ in queue)
    store = InMemoryObjects()
    batch = Batch(lambda _: spec(), store, "data")
    for text, _ in queue:
        batch.take("m", text)
    (written,) = batch.write()
    assert written.rows == 100


def test_a_row_larger_than_a_message_is_counted_as_lost(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = Queue()
    capturing(specs, queue)(answered([ROW | {"job": "x" * 1_000_001}, ROW]), 1.0)
    assert [message["first"] for message in queue.messages] == [1]
    line = json.loads(capsys.readouterr().out)
    assert (line["CaptureFailures"], line["model"]) == (1, "bank")


def test_a_capture_that_fails_breaks_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The spec is not where it should be, and the text of the error stays out of the log."""
    capturing(tmp_path, Queue())(answered([ROW]), 1.0)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == [
        "request failed",
        "captured predictions are lost",
    ]
    assert "98765" not in json.dumps(lines)


def test_the_endpoint_hands_over_what_it_answers_and_nothing_else(specs: Path) -> None:
    queue = Queue()
    asked = Asked()
    asked.endpoint = Endpoint(asked.models, Journal(), capture=capturing(specs, queue))
    status, _, document = asked.respond(body=json.dumps({"rows": [{"age": 41}, {"age": 20}]}))
    assert status == 200
    assert asked.respond(body=json.dumps({"rows": [{"age": "x"}]}))[0] == 422
    assert asked.respond(pathParameters={"model": "fresh"})[0] in (409, 422)
    (message,) = queue.messages
    assert message["request_id"] == document["request_id"]
    assert message["predictions"] == ["yes", "no"]
    assert message["milliseconds"] > 0


def test_the_same_answer_is_given_without_capture(specs: Path) -> None:
    without, kept = Asked(), Asked()
    kept.endpoint = Endpoint(kept.models, Journal(), capture=capturing(specs, Queue()))
    body = json.dumps({"rows": [{"age": 41}]})
    assert without.respond(body=body) == kept.respond(body=body)


@pytest.mark.parametrize(
    "unusual", [{"job": "ü"}, {"job": "\ud800"}, {"job": "\uffff"}, {"balance": 10**300}]
)
def test_a_large_request_is_kept_as_a_small_one_is(specs: Path, unusual: dict[str, object]) -> None:
    """Large ones are written by another library, which takes less."""
    large, small = Queue(), Queue()
    row = {**ROW, **unusual}
    capturing(specs, large)(answered([row] * 1_000), 1.0)
    capturing(specs, small)(answered([row]), 1.0)
    assert all(text.isascii() for text, _ in large)
    assert sum(message["count"] for message in large.messages) == 1_000
    for name, (value,) in small.messages[0]["features"].items():
        assert {one for each in large.messages for one in each["features"][name]} == {value}
