"""Messages of the predict function become Parquet files of a fixed form."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.capture.batch import Batch
from perennial.capture.columns import schema_of
from perennial.errors import Unavailable, UnknownModel, UnreadableCapture
from perennial.registry.written import Written
from perennial.spec import ModelSpec

from tests.fakes.objects import InMemoryObjects
from tests.unit.capture.messages import AT, SPEC, message, one_row, spec

HOUR = 3_600_000


def specs(text: str = SPEC) -> Any:
    known = {"bank": spec(text)}

    def spec_of(model: str) -> ModelSpec:
        if model not in known:
            raise UnknownModel("no such model is deployed")
        return known[model]

    return spec_of


@pytest.fixture
def store() -> InMemoryObjects:
    return InMemoryObjects()


def written(store: InMemoryObjects, *texts: str, text: str = SPEC) -> list[Written]:
    batch = Batch(specs(text), store, "data")
    for number, each in enumerate(texts):
        batch.take(f"m{number}", each)
    return list(batch.write())


def files(store: InMemoryObjects) -> dict[str, bytes]:
    return {uri.removeprefix("s3://data/"): store.read(uri) for uri in store.content_types}


def tables(store: InMemoryObjects) -> dict[str, pa.Table]:
    return {key: pq.read_table(io.BytesIO(body)) for key, body in files(store).items()}


def only(store: InMemoryObjects) -> pa.Table:
    (table,) = tables(store).values()
    return table


def test_a_request_becomes_a_row_for_each_prediction(store: InMemoryObjects) -> None:
    written(store, message())
    first, second = only(store).to_pylist()
    assert first == {
        "prediction_id": "r-0",
        "request_id": "r",
        "row": 0,
        "request_rows": 2,
        "predicted_at": datetime(2026, 11, 21, 14, 30, tzinfo=UTC),
        "latency_ms": 1.25,
        "protocol": "native",
        "artifact_digest": "ab" * 32,
        "entity_id": None,
        "role": "champion",
        "rollout_id": None,
        "prediction": "yes",
        "probabilities": [("no", 0.25), ("yes", 0.75)],
        "features": {
            "age": 41,
            "balance": 1204.5,
            "job": "admin.",
            "housing": True,
            "since": datetime(2026, 1, 31, 10, tzinfo=UTC),
        },
    }
    assert second["prediction_id"] == "r-1"
    assert second["features"]["balance"] is None
    assert second["features"]["since"] == datetime(2026, 1, 31, tzinfo=UTC)


def test_the_columns_follow_from_the_spec_alone(store: InMemoryObjects) -> None:
    written(store, message(features={}))
    table = only(store)
    assert table.schema.equals(schema_of(spec()))
    assert set(table["features"].to_pylist()[0].values()) == {None}


def test_files_are_told_apart_by_model_version_and_hour(store: InMemoryObjects) -> None:
    done = written(
        store,
        one_row("a"),
        one_row("b", version=4),
        one_row("c", at=AT + HOUR),
        one_row("d", at=AT + 1),
    )
    assert [key.rpartition("/")[0] for key in tables(store)] == [
        "captures/model=bank/version=3/hour=2026-11-21T14",
        "captures/model=bank/version=4/hour=2026-11-21T14",
        "captures/model=bank/version=3/hour=2026-11-21T15",
    ]
    assert [each.messages for each in done] == [("m0", "m3"), ("m1",), ("m2",)]


def test_a_batch_that_comes_again_replaces_its_file(store: InMemoryObjects) -> None:
    written(store, one_row("a"), one_row("b"))
    before = files(store)
    written(store, one_row("b"), one_row("a"))
    assert files(store) == before


def test_a_message_that_was_sent_twice_is_kept_once(store: InMemoryObjects) -> None:
    (done,) = written(store, one_row("a"), one_row("a"), one_row("b"))
    assert only(store)["prediction_id"].to_pylist() == ["a-0", "b-0"]
    assert done.messages == ("m0", "m1", "m2")


def test_parts_of_a_request_are_numbered_on(store: InMemoryObjects) -> None:
    written(store, one_row("r", rows=3, first=2), message(rows=3))
    assert only(store)["prediction_id"].to_pylist() == ["r-0", "r-1", "r-2"]


def test_an_answer_says_as_what_and_for_which_rollout_it_was_given(
    store: InMemoryObjects,
) -> None:
    written(store, message(role="challenger", rollout="r1", entities=["a", "b"]))
    rows = only(store).to_pylist()
    assert [(row["role"], row["rollout_id"], row["entity_id"]) for row in rows] == [
        ("challenger", "r1", "a"),
        ("challenger", "r1", "b"),
    ]


def test_one_entity_may_stand_for_all_rows(store: InMemoryObjects) -> None:
    written(store, message(entities="Zoë \U0001f600 \ud800"))
    assert only(store)["entity_id"].to_pylist() == ["Zoë \U0001f600 ?"] * 2


def test_a_part_that_a_version_answered_keeps_the_places_of_its_rows(
    store: InMemoryObjects,
) -> None:
    """The same request in two files: rows 1 and 4 by one version, 0 by the other."""
    written(store, message(rows=5, numbers=[1, 4]), one_row("r", version=4, rows=5, numbers=[0]))
    rows = [row for table in tables(store).values() for row in table.to_pylist()]
    assert sorted((row["prediction_id"], row["row"]) for row in rows) == [
        ("r-0", 0),
        ("r-1", 1),
        ("r-4", 4),
    ]


def test_a_sensitive_column_is_not_kept_even_if_it_is_sent(store: InMemoryObjects) -> None:
    """As from an older release of predict, sent before the column was marked."""
    written(store, one_row("a", features={"secret": [123456.5], "age": [1]}))
    (body,) = files(store).values()
    assert "secret" not in only(store).schema.field("features").type.names
    assert "123456" not in str(only(store).to_pylist())
    assert b"secret" not in body


def test_of_a_sensitive_target_neither_prediction_nor_probability_is_kept(
    store: InMemoryObjects,
) -> None:
    written(store, message(), text=SPEC.replace("[secret]", "[secret, y]"))
    table = only(store)
    assert table["prediction"].null_count == table["probabilities"].null_count == 2


def test_a_model_none_of_whose_features_are_kept_keeps_its_answers(store: InMemoryObjects) -> None:
    names = "[age, balance, job, housing, since, secret]"
    written(store, message(), text=SPEC.replace("[secret]", names))
    assert "features" not in only(store).schema.names
    assert only(store)["prediction"].to_pylist() == ["yes", "no"]


def test_a_regression_answers_in_numbers(store: InMemoryObjects) -> None:
    text = SPEC.replace("binary", "regression").replace('positive_class: "yes"\n', "")
    answers = {"predictions": [1.5, 2], "labels": ..., "probabilities": ...}
    written(store, message(**answers), text=text)
    assert only(store)["prediction"].to_pylist() == [1.5, 2.0]
    assert only(store)["probabilities"].null_count == 2


def test_extreme_values_are_kept(store: InMemoryObjects) -> None:
    features = {
        "age": [-(2**63), 2**63 - 1],
        "balance": [5e-324, 10**300],
        "job": ["\ud800", "ü" * 10_000],
        "since": ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"],
    }
    written(store, message(features=features))
    one, two = (row["features"] for row in only(store).to_pylist())
    assert (one["age"], two["age"]) == (-(2**63), 2**63 - 1)
    assert (one["balance"], two["balance"]) == (5e-324, 1e300)
    assert (one["job"], two["job"]) == ("?", "ü" * 10_000)
    assert (one["since"].year, two["since"].year) == (1, 9999)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no message",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        message(format=2),
        message(format=...),
        message(model=None),
        message(version=0),
        message(version="3"),
        message(at=-1),
        message(at=10**18),
        message(milliseconds="fast"),
        message(count=3),
        message(first=1),
        message(first=-1),
        message(features=[]),
        message(features=None),
        message(features={"age": 41}),
        message(features={"age": [41]}),
        message(features={"age": ["41", 20]}),
        message(features={"age": [2**63, 20]}),
        message(features={"age": [1.5e300, 20]}),
        message(features={"housing": [1, 0]}),
        message(features={"balance": ["1", 2]}),
        message(features={"job": [[], {}]}),
        message(features={"since": ["yesterday", None]}),
        message(predictions=["yes"]),
        message(predictions=[["yes"], {}]),
        message(labels=...),
        message(probabilities=...),
        message(probabilities=[0.5, 0.5, 0.5]),
        message(probabilities=["much", 0.5, 0.5, 0.5]),
        message(role="pilot"),
        message(role=None),
        message(rollout=7),
        message(entities=7),
        message(entities=["a"]),
        message(entities=["a", None]),
        message(numbers=[0]),
        message(numbers=[0, 2]),
        message(numbers=[0, -1]),
        message(numbers="01"),
    ],
)
def test_what_is_no_message_is_refused_without_its_values(
    store: InMemoryObjects, text: str
) -> None:
    batch = Batch(specs(), store, "data")
    with pytest.raises(UnreadableCapture) as refusal:
        batch.take("bad", text)
    for value in ("41", "yesterday", "yes", "much", "fast"):
        assert value not in str(refusal.value)
    batch.take("good", one_row("a"))
    assert [each.messages for each in batch.write()] == [("good",)]


def test_a_message_of_a_model_that_is_gone_is_refused(store: InMemoryObjects) -> None:
    with pytest.raises(UnknownModel):
        Batch(specs(), store, "data").take("m", one_row("a", model="gone"))
    with pytest.raises(UnknownModel):
        Batch(specs(), store, "data").take("m", one_row("a", model="../bank"))


def test_a_file_that_cannot_be_written_does_not_keep_the_others(store: InMemoryObjects) -> None:
    class Refusing(InMemoryObjects):
        def write(self, uri: str, body: bytes, content_type: str, *, once: bool = False) -> None:
            if "version=4" in uri:
                raise Unavailable("S3 refused storing an object: SlowDown")
            store.write(uri, body, content_type, once=once)

    batch = Batch(specs(), Refusing(), "data")
    batch.take("bad", one_row("a", version=4))
    batch.take("good", one_row("b"))
    failed, fine = batch.write()
    assert (failed.messages, type(failed.error)) == (("bad",), Unavailable)
    assert (fine.messages, fine.error) == (("good",), None)
    assert len(files(store)) == 1
