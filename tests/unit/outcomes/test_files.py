"""Files of outcomes become truth; what is wrong with them is told beside them."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.outcomes.file import Upload, record_file
from perennial.registry.layout import outcomes_model
from perennial.registry.records import SourceObject
from perennial.spec.source import parse_spec

from tests.fakes.files import InMemoryFiles
from tests.unit.outcomes.world import NUMBERS, SPEC

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
MANY = SPEC.replace("task: binary", "task: multiclass").replace('positive_class: "yes"\n', "")
GOOD = b"prediction_id,outcome\na,yes\nb,no\n"


class Recorded:
    """One recorded file."""

    def __init__(
        self,
        body: bytes,
        name: str = "o.csv",
        text: str = SPEC,
        classes: tuple[str, ...] | None = ("no", "yes"),
    ) -> None:
        self.files, key = InMemoryFiles(), f"outcomes/bank/{name}"
        self.files.write(f"s3://data/{key}", body, "x/y")
        source = SourceObject("data", key, "1", "e", len(body))
        classes = None if text == NUMBERS else classes
        self.upload = Upload(source, parse_spec(text), NOW, classes)
        self.summary = record_file(self.upload, self.files)
        place = f"s3://data/{key}.recorded/summary.json"
        self.document = json.loads(self.files.read(place))

    @property
    def rows(self) -> list[dict[str, Any]]:
        assert self.summary.truth is not None
        table = pq.read_table(io.BytesIO(self.files.read(self.summary.truth)))
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows

    @property
    def rejects(self) -> list[str]:
        assert self.summary.rejects is not None
        return self.files.read(self.summary.rejects).decode().splitlines()


def parquet(table: pa.Table) -> bytes:
    body = io.BytesIO()
    pq.write_table(table, body)
    return body.getvalue()


def test_a_file_becomes_truth() -> None:
    recorded = Recorded(GOOD)
    first = recorded.rows[0]
    assert (first["prediction_id"], first["outcome"], first["entity_id"]) == ("a", "yes", None)
    assert first["observed_at"] == first["received_at"] == NOW
    assert first["source"] == "s3://data/outcomes/bank/o.csv"
    assert recorded.summary.truth is not None
    assert recorded.summary.truth.startswith("s3://data/truth/model=bank/day=2026-11-21/")
    assert (recorded.document["status"], recorded.document["accepted"]) == ("RECORDED", 2)
    assert recorded.document["rejects"] is None


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(GOOD),
        GOOD.replace(b",", b";"),
        GOOD.decode().encode("utf-16"),
        parquet(pa.table({"prediction_id": ["a", "b"], "outcome": ["yes", "no"]})),
    ],
    ids=["gzip", "semicolons", "utf-16", "parquet"],
)
def test_every_form_of_a_file_is_read_alike(body: bytes) -> None:
    assert Recorded(body).rows == Recorded(GOOD).rows


def test_entities_and_times_are_read() -> None:
    body = b"entity_id,predicted_at,observed_at,outcome\ne,2026-11-20T10:00:00Z,2026-11-21,yes\n"
    (row,) = Recorded(body).rows
    assert (row["entity_id"], row["predicted_at"]) == ("e", datetime(2026, 11, 20, 10, tzinfo=UTC))
    assert row["observed_at"] == datetime(2026, 11, 21, tzinfo=UTC)


def test_numbers_of_any_width_are_outcomes_of_a_regression() -> None:
    for kind in (pa.int32(), pa.float32(), pa.decimal128(9, 2)):
        table = pa.table({"prediction_id": ["a"], "outcome": pa.array([3], kind)})
        assert Recorded(parquet(table), text=NUMBERS).rows[0]["outcome"] == 3.0


@pytest.mark.parametrize("values", [[1], [1.0], ["1"], ["1.0"]])
def test_labels_that_are_numbers_are_spelt_as_in_training(values: list[Any]) -> None:
    table = pa.table({"prediction_id": ["a"], "outcome": values})
    recorded = Recorded(parquet(table), text=SPEC.replace('"yes"', "1"), classes=("0", "1"))
    assert [row["outcome"] for row in recorded.rows] == ["1"]


def test_refused_rows_are_told_with_their_place_and_reason() -> None:
    body = b'prediction_id,outcome\n"a\n1",yes\n,yes\nb,maybe\nc,\n'
    recorded = Recorded(body)
    assert recorded.rejects[0] == "row,line,reason"
    assert [line.split(",", 2)[:2] for line in recorded.rejects[1:]] == [
        ["2", "4"],
        ["3", "5"],
        ["4", "6"],
    ]
    assert (recorded.summary.accepted, recorded.summary.rejected) == (1, 3)
    assert sum(recorded.summary.reasons.values()) == 3
    assert "maybe" not in "".join(recorded.rejects) + json.dumps(recorded.document)


def test_rows_of_another_length_are_counted_as_refused() -> None:
    recorded = Recorded(b"prediction_id,outcome\na,yes\nb\nc,no,1\n")
    assert (recorded.summary.rows, recorded.summary.accepted, recorded.summary.rejected) == (
        3,
        1,
        2,
    )
    assert any("more or fewer values" in reason for reason in recorded.summary.reasons)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"prediction_id,outcome\n", "no rows"),
        (b"id,outcome\na,yes\n", "no column prediction_id"),
        (b"prediction_id,label\na,yes\n", "no column outcome"),
        (b"entity_id,outcome\ne,yes\n", "not both of entity_id and predicted_at"),
        (b"PAR1 and nothing else", "Parquet"),
        (b"\x1f\x8b and nothing else", "gzip"),
    ],
)
def test_a_file_without_outcomes_is_rejected_with_a_reason(body: bytes, reason: str) -> None:
    recorded = Recorded(body)
    assert recorded.document["status"] == "REJECTED"
    assert reason in recorded.document["reason"]
    assert recorded.summary.truth is None


@pytest.mark.parametrize("column", ["prediction_id", "outcome"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_with_a_column_twice_is_rejected_for_that(form: str, column: str) -> None:
    names = ["prediction_id", "outcome", column]
    table = pa.table([["a"], ["yes"], ["no"]], names=names)
    body = f"{','.join(names)}\na,yes,no\n".encode() if form == "csv" else parquet(table)
    summary = Recorded(body, f"o.{form}").summary
    assert summary.status == "REJECTED"
    assert f"column {column} more than once" in summary.reason


def test_a_file_that_breaks_off_is_taken_as_far_as_it_goes() -> None:
    whole = b"prediction_id,outcome\n" + b"".join(b"p%d,yes\n" % n for n in range(1_500_000))
    packed = gzip.compress(whole, 1)
    recorded = Recorded(packed[: len(packed) * 9 // 10])
    assert recorded.document["status"] == "INCOMPLETE"
    assert "breaks off" in recorded.document["reason"]
    assert 0 < recorded.summary.accepted < 1_500_000
    assert recorded.summary.truth is not None
    body = recorded.files.read(recorded.summary.truth)
    assert pq.read_metadata(io.BytesIO(body)).num_rows == recorded.summary.accepted


def test_text_that_is_not_utf_8_is_read_and_that_is_noted() -> None:
    recorded = Recorded("prediction_id,outcome\nä,grün\n".encode("latin-1"), text=MANY)
    assert recorded.rows[0]["outcome"] == "grün"
    assert any("not UTF-8" in note for note in recorded.document["notes"])


def test_labels_training_never_saw_are_kept_and_counted_where_there_may_be_more() -> None:
    body = GOOD + b"c,maybe\n"
    assert Recorded(body, text=MANY).document["new_labels"] == 1
    assert Recorded(body).document["rejected"] == 1


def test_outcomes_of_a_sensitive_target_are_not_kept() -> None:
    recorded = Recorded(GOOD, text=SPEC + "sensitive: [y]\n")
    assert recorded.document["status"] == "REJECTED"
    assert "sensitive" in recorded.document["reason"]
    assert not [place for place in recorded.files.content_types if "truth" in place]


def test_recording_again_replaces_what_was_written() -> None:
    recorded = Recorded(GOOD)
    before = set(recorded.files.content_types)
    again = record_file(recorded.upload, recorded.files)
    assert set(recorded.files.content_types) == before
    assert again == recorded.summary


def test_other_columns_are_passed_over_and_that_is_noted() -> None:
    recorded = Recorded(b"prediction_id,outcome,remark\na,yes,x\n")
    assert recorded.summary.accepted == 1
    assert recorded.document["notes"] == ["columns that mean nothing here were passed over: 1"]


@pytest.mark.parametrize(
    ("key", "model"),
    [
        ("outcomes/bank/a.csv", "bank"),
        ("outcomes/bank/2026/a.csv", "bank"),
        ("outcomes/bank/a.csv.recorded/summary.json", None),
        ("outcomes/bank/", None),
        ("outcomes/a.csv", None),
        ("incoming/bank/a.csv", None),
    ],
)
def test_results_beside_a_file_are_no_file_of_outcomes(key: str, model: str | None) -> None:
    assert outcomes_model(key) == model
