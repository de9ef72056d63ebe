"""Captured predictions are read back: each once, whatever state their files are in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.capture.batch import Batch
from perennial.capture.layout import reading_schema
from perennial.capture.reading import Reading, captured
from perennial.capture.repeats import Seen

from tests.fakes.files import InMemoryFiles
from tests.unit.capture.messages import AT, SPEC, message, one_row, spec

HOUR = 3_600_000
START = datetime(2026, 11, 21, 14, tzinfo=UTC)
END = START + timedelta(hours=1)
FOLDER = "s3://data/captures/model=bank/version=3/hour=2026-11-21T14/"


@pytest.fixture
def files() -> InMemoryFiles:
    return InMemoryFiles()


def keep(files: InMemoryFiles, *texts: str) -> None:
    batch = Batch(lambda _: spec(), files, "data")
    for number, each in enumerate(texts):
        batch.take(f"m{number}", each)
    assert all(written.error is None for written in batch.write())


def read(files: InMemoryFiles, reading: Reading | None = None, **wanted: Any) -> pa.Table:
    start, end = wanted.pop("start", START), wanted.pop("end", END)
    model = spec(wanted.pop("text", SPEC))
    asked = {"columns": wanted.get("columns"), "features": wanted.get("features")}
    batches = captured(files, "data", model, start, end, reading=reading, **wanted)
    return pa.Table.from_batches(list(batches), reading_schema(model, **asked))


def ids(table: pa.Table) -> list[str]:
    return sorted(table["prediction_id"].to_pylist())


def test_what_was_captured_is_read_with_its_version(files: InMemoryFiles) -> None:
    keep(files, message())
    table = read(files)
    assert table["prediction"].to_pylist() == ["yes", "no"]
    assert table["version"].to_pylist() == [3, 3]
    assert table["role"].to_pylist() == ["champion", "champion"]
    assert table["features"].to_pylist()[0]["job"] == "admin."


def test_only_predictions_of_the_window_are_read(files: InMemoryFiles) -> None:
    for number in range(-2, 3):
        keep(files, one_row(f"r{number}", at=AT + number * HOUR))
    assert len(read(files)) == 1
    assert len(read(files, end=END + timedelta(hours=1))) == 2
    assert len(read(files, start=START + timedelta(minutes=30))) == 1
    assert len(read(files, start=START + timedelta(minutes=30, milliseconds=1))) == 0
    assert len(read(files, end=START + timedelta(minutes=30))) == 0
    assert len(read(files, end=START)) == 0


def test_files_outside_the_window_or_of_other_versions_are_not_opened(
    files: InMemoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(-2, 3):
        for version in (3, 4):
            keep(files, one_row(f"r{number}", at=AT + number * HOUR, version=version))
    opened: list[str] = []
    reader = files.read
    monkeypatch.setattr(files, "listed", _spied(files))

    def spy(uri: str) -> bytes:
        opened.append(uri)
        return reader(uri)

    monkeypatch.setattr(files, "read", spy)
    read(files, versions=[3])
    assert [uri.startswith(FOLDER) for uri in opened] == [True]


def _spied(files: InMemoryFiles) -> Any:
    """A listing that does not count as reading."""

    def listed(prefix: str, after: str = "") -> Iterator[Any]:
        from perennial.registry.files import Listed

        for uri in sorted(files.content_types):
            if uri.startswith(prefix) and uri > after:
                yield Listed(uri, 0)

    return listed


def test_a_message_delivered_twice_counts_once(files: InMemoryFiles) -> None:
    keep(files, one_row("a"), one_row("b"))
    keep(files, one_row("b"), one_row("c"))
    reading = Reading()
    assert len(read(files, reading)) == 3
    assert (reading.repeated, reading.rows, reading.files) == (1, 3, 2)


def test_a_shadow_answers_under_the_same_id_and_both_are_read(files: InMemoryFiles) -> None:
    keep(files, one_row("a"), one_row("a", version=4))
    table = read(files)
    assert len(set(ids(table))) == 1
    assert table["version"].to_pylist() == [3, 4]


def test_columns_and_features_are_projected(files: InMemoryFiles) -> None:
    keep(files, message())
    table = read(files, columns=["features", "version"], features=["age"])
    assert table.schema.names == ["prediction_id", "predicted_at", "features", "version"]
    assert table["features"].to_pylist() == [{"age": 41}, {"age": 20}]
    assert read(files, columns=[]).schema.names == ["prediction_id", "predicted_at"]


@pytest.mark.parametrize(
    "body", [b"", b"PAR1", b"half a fi", b"PAR1" + b"\0" * 100 + b"PAR1"], ids=range(4)
)
def test_a_broken_file_is_named_and_the_others_are_read(files: InMemoryFiles, body: bytes) -> None:
    keep(files, one_row("a"))
    files.write(f"{FOLDER}broken.parquet", body, "x/y")
    reading = Reading()
    assert len(read(files, reading)) == 1
    assert [one.uri for one in reading.left_out] == [f"{FOLDER}broken.parquet"]
    assert "no whole Parquet file" in reading.left_out[0].reason


def test_a_file_cut_off_anywhere_gives_all_of_its_rows_or_none(files: InMemoryFiles) -> None:
    keep(files, message())
    (place,) = files.content_types
    whole = files.read(place)
    for size in range(0, len(whole), 97):
        cut = InMemoryFiles()
        cut.write(place, whole[:size], "x/y")
        reading = Reading()
        assert len(read(cut, reading)) == 0
        assert reading.damaged == 1


def test_a_file_of_somebody_else_is_named(files: InMemoryFiles) -> None:
    body = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), body)
    files.write(f"{FOLDER}other.parquet", body.getvalue(), "x/y")
    reading = Reading()
    assert len(read(files, reading)) == 0
    assert reading.left_out[0].reason == "it has no column 'prediction_id'"


def test_a_file_that_is_gone_is_named(files: InMemoryFiles, monkeypatch: Any) -> None:
    keep(files, one_row("a"))
    monkeypatch.setattr(files, "listed", _spied(files))
    files._versions.clear()
    monkeypatch.setattr(files, "folders", lambda _: iter([FOLDER.partition("hour=")[0]]))
    reading = Reading()
    assert len(read(files, reading)) == 0
    assert "deleted" in reading.left_out[0].reason


def test_stray_keys_are_passed_over(files: InMemoryFiles) -> None:
    keep(files, one_row("a"))
    for key in (
        "version=x/hour=2026-11-21T14/a.parquet",
        "notes/a",
        "version=3/hour=2026-11-21T14/a.txt",
    ):
        files.write(f"s3://data/captures/model=bank/{key}", b"?", "x/y")
    assert len(read(files)) == 1


def rewritten(files: InMemoryFiles, change: Any) -> None:
    """Files as an older release would have written them."""
    for place in list(files.content_types):
        body = io.BytesIO()
        pq.write_table(change(pq.read_table(io.BytesIO(files.read(place)))), body)
        files.write(place, body.getvalue(), "x/y")


def test_a_file_of_an_older_form_is_read_with_nulls_for_what_it_lacks(files: InMemoryFiles) -> None:
    keep(files, message())
    old = ["prediction_id", "predicted_at", "prediction"]
    rewritten(files, lambda table: table.select(old))
    table = read(files)
    assert table["role"].to_pylist() == ["champion"] * 2
    assert table["entity_id"].null_count == table["rollout_id"].null_count == 2
    assert table["features"].to_pylist()[0] == dict.fromkeys(
        table.schema.field("features").type.names
    )


def test_a_feature_of_another_type_or_that_is_new_is_null_and_named(files: InMemoryFiles) -> None:
    keep(files, message())
    text = SPEC.replace("job: {type: category}", "job: {type: number}\n  fresh: {type: number}")
    reading = Reading()
    table = read(files, reading, text=text)
    first = table["features"].to_pylist()[0]
    assert (first["job"], first["fresh"], first["age"]) == (None, None, 41)
    assert [one.reason for one in reading.left_out] == ["column 'job' has another type than today"]


def test_a_number_that_became_wider_is_kept(files: InMemoryFiles) -> None:
    keep(files, message())
    text = SPEC.replace("age: {type: integer}", "age: {type: number}")
    assert read(files, text=text)["features"].to_pylist()[0]["age"] == 41.0


@given(st.lists(st.lists(st.text("ab", max_size=9), max_size=30), max_size=12))
def test_seen_remembers_exactly_what_was_there(batches: list[list[str]]) -> None:
    seen, known = Seen(), set[str]()
    for batch in batches:
        expected = []
        for text in batch:
            expected.append(text not in known)
            known.add(text)
        assert seen.new(pa.array(batch, pa.string())).tolist() == expected


def test_seen_keeps_few_runs() -> None:
    seen = Seen()
    for part in range(200):
        texts = pa.array([f"{part}#{row}" for row in range(100)])
        assert np.all(seen.new(texts))
    assert len(seen._runs) <= 10


def test_names_with_dots_are_features_like_others(files: InMemoryFiles) -> None:
    text = SPEC.replace(
        "age: {type: integer}", "emp.var.rate: {type: number}\n  emp: {type: number}"
    )
    batch = Batch(lambda _: spec(text), files, "data")
    sent = {"emp.var.rate": [1.5], "emp": [2.5]}
    batch.take("m", one_row("a", features=sent))
    assert all(written.error is None for written in batch.write())
    table = read(files, text=text, columns=["features"], features=["emp.var.rate", "emp"])
    assert table["features"].to_pylist() == [{"emp.var.rate": 1.5, "emp": 2.5}]
    table = read(files, text=text, columns=["features"], features=["emp"])
    assert table["features"].to_pylist() == [{"emp": 2.5}]
