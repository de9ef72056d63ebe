"""What is wrong with a file is told; what is wrong with a row keeps only that row out."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.errors import UnreadableData
from perennial.scoring.collect import read_chunks
from perennial.scoring.records import ScoringStatus

from tests.unit.scoring.bank import SPEC, Bank, csv_of, features_of, parquet_of, rows

TABLE = rows(450)
HEADER = "client,age,job,balance,married,seen\n"


def refused(bank: Bank, body: bytes) -> str:
    planned = bank.plan(bank.upload(body))
    assert planned.refused
    assert not planned.chunks
    return planned.refused


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the file is empty"),
        (HEADER.encode(), "a header and no rows"),
        (parquet_of(TABLE)[:0] + b"PAR1", "index at the end is missing or damaged"),
        (parquet_of(TABLE)[:900], "index at the end is missing or damaged"),
        (b"PK\x03\x04rest", "ZIP archive"),
        (b'{"age": 3}', "the file is JSON"),
        (b"client,age,job,balance\n1,2,3,4\n", "2 of the 5 columns the model needs are missing"),
        (HEADER.replace("married", "maried").encode() + b"1,2,3,4,5,6\n", "the file has 'maried'"),
        (HEADER.replace("client", "age").encode() + b"1,2,3,4,5,6\n", "names 'age' 2 times"),
        (HEADER.encode() + b'c,30,"student', "never closed"),
        (csv_of(TABLE).replace(b"c300", b"\0"), "null byte"),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_with_the_reason(
    bank: Bank, body: bytes, said: str
) -> None:
    assert said in refused(bank, body)


def test_a_line_without_an_end_is_refused(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perennial.data.blocks.MAXIMUM_RECORD", 1 << 20)
    assert "does not end within" in refused(bank, HEADER.encode() + b"x" * (10 << 20))


def test_a_parquet_file_without_rows_is_refused(bank: Bank) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(TABLE).slice(0, 0), sink)
    assert "no rows" in refused(bank, sink.getvalue())


def test_an_unknown_model_and_one_without_a_version_are_told(bank: Bank) -> None:
    request = bank.upload(csv_of(TABLE))
    bank.registry.champion = None
    assert "no version in service" in bank.plan(request).refused
    (bank.folder / "bank.json").unlink()
    assert "no model named 'bank'" in bank.plan(request).refused


def test_an_artifact_that_is_missing_or_damaged_is_told(bank: Bank) -> None:
    request = bank.upload(csv_of(TABLE))
    bank.files.write("s3://artifacts/a.zip", b"other", "application/zip")
    assert "digest" in bank.plan(request).refused
    del bank.files._versions["s3://artifacts/a.zip"]
    assert "artifact of version 3 is missing" in bank.plan(request).refused


@pytest.mark.parametrize("metadata", [{"format": "xlsx"}, {"chunk_rows": "many"}])
def test_wishes_that_make_no_sense_are_told(bank: Bank, metadata: dict[str, str]) -> None:
    assert "metadata" in bank.plan(bank.upload(csv_of(TABLE), **metadata)).refused


BAD = [
    ({"age": "old"}, "age must be an integer"),
    ({"age": 3.5}, "age must be a whole, finite number"),
    ({"age": 3}, "age must be at least 16"),
    ({"age": 300}, "age must be at most 120"),
    ({"age": None}, "age must not be null"),
    ({"job": "pilot"}, "job must be one of the categories the model knows"),
    ({"job": None}, "job must not be null"),
    ({"balance": "nan and more"}, "balance must be a number"),
    ({"balance": "inf"}, "balance must be a finite number"),
    ({"married": "perhaps"}, "married must be true or false"),
    ({"seen": "yesterday"}, "seen must be an ISO 8601 timestamp"),
    ({"age": 3, "job": "pilot"}, "age must be at least 16; job must be one of"),
]


@pytest.mark.parametrize(("change", "said"), BAD, ids=[said for _, said in BAD])
def test_a_row_that_does_not_fit_is_rejected_with_the_reason_and_the_rest_goes_on(
    bank: Bank, change: dict[str, object], said: str
) -> None:
    table = [dict(row) for row in TABLE]
    table[123] |= change
    outcome = bank.run(csv_of(table))
    assert outcome.status is ScoringStatus.PARTIAL
    assert outcome.reason == "1 of 450 rows do not fit the model"
    assert (outcome.counts.scored, outcome.counts.rejected) == (449, 1)
    (left,) = bank.output("rejected.csv")
    assert said in left.pop("reasons")
    assert left == {"row": 124, "line": 125, "client": "c123"}
    found = [row["row"] for row in bank.output("predictions.csv")]
    assert found == [number for number in range(1, 451) if number != 124]


def test_no_value_of_a_feature_is_told(bank: Bank) -> None:
    table = [row | {"job": "s3cr3t", "balance": "9999secret"} for row in TABLE]
    bank.run(csv_of(table))
    body = bank.files.read("s3://data/score/bank/clients.csv.scores/rejected.csv")
    assert b"s3cr3t" not in body
    assert b"secret" not in body


def test_half_of_the_rows_bad_is_told_and_the_other_half_is_scored(bank: Bank) -> None:
    table = [row | ({"age": "?"} if number % 2 else {}) for number, row in enumerate(TABLE)]
    outcome = bank.run(csv_of(table))
    assert outcome.status is ScoringStatus.PARTIAL
    assert (outcome.counts.scored, outcome.counts.rejected) == (225, 225)
    answers = bank.endpoint([features_of(row) for row in TABLE[::2]])
    assert [row["prediction"] for row in bank.output("predictions.csv")] == [
        label for label, _ in answers
    ]
    assert [row["row"] for row in bank.output("rejected.csv")] == list(range(2, 451, 2))


def test_more_rejected_rows_than_the_spec_tolerates_fail_the_file(tmp_path: Path) -> None:
    spec = SPEC.replace("chunk_rows: 100", "chunk_rows: 100, tolerated_rejects: 0.1")
    bank = Bank(tmp_path, spec)
    table = [row | ({"age": "?"} if number < 50 else {}) for number, row in enumerate(TABLE)]
    outcome = bank.run(csv_of(table))
    assert outcome.status is ScoringStatus.FAILED
    assert outcome.reason.endswith("the spec tolerates 0.1 of them")
    assert len(bank.output("rejected.csv")) == 50


def test_every_row_bad_leaves_no_predictions(bank: Bank) -> None:
    outcome = bank.run(csv_of([row | {"age": "?"} for row in TABLE]))
    assert set(outcome.outputs) == {"rejected.csv"}
    assert outcome.counts.rejected == 450


def test_a_row_of_another_length_is_rejected_where_it_stands(bank: Bank) -> None:
    lines = csv_of(TABLE).splitlines()
    lines[200] += b",more"
    lines[300] = b"c299,3"
    bank.run(b"\n".join(lines))
    left = bank.output("rejected.csv")
    assert [(one["row"], one["line"]) for one in left] == [(200, 201), (300, 301)]
    assert left[0]["reasons"] == "has 7 values; expected 6, as in the header"
    kept = bank.output("predictions.csv")
    assert [one["client"] for one in kept] == [
        row["client"] for number, row in enumerate(TABLE, 1) if number not in (200, 300)
    ]


@pytest.mark.parametrize("record", [b"c,", b"c,40,admin.,1,true,"])
def test_a_record_of_megabytes_is_rejected_alone(bank: Bank, record: bytes) -> None:
    lines = csv_of(TABLE).split(b"\n")
    lines[5] = record + b"4" * 3_000_000
    outcome = bank.run(b"\n".join(lines))
    assert (outcome.counts.rejected, outcome.counts.scored) == (1, 449)


def test_infinity_and_nan_in_parquet_are_rejected(bank: Bank) -> None:
    table = pa.Table.from_pylist(TABLE)
    balance = np.array(table["balance"].to_numpy(zero_copy_only=False))
    balance[:] = 1.0
    balance[7], balance[9] = np.inf, np.nan
    sink = io.BytesIO()
    pq.write_table(table.set_column(3, "balance", pa.array(balance, from_pandas=False)), sink)
    bank.run(sink.getvalue())
    assert [(one["row"], one["reasons"]) for one in bank.output("rejected.parquet")] == [
        (8, "balance must be a finite number"),
        (10, "balance must be a finite number"),
    ]


def test_a_column_of_a_type_that_cannot_fit_rejects_its_rows(bank: Bank) -> None:
    table = pa.Table.from_pylist([row | {"age": [1, 2]} for row in TABLE])
    sink = io.BytesIO()
    pq.write_table(table, sink)
    outcome = bank.run(sink.getvalue())
    assert outcome.counts.rejected == 450


def test_damage_inside_a_parquet_file_fails_its_chunk_alone(bank: Bank) -> None:
    body = bytearray(parquet_of(TABLE))
    body[40:80] = bytes(40)
    request = bank.upload(bytes(body))
    planned = bank.plan(request)
    with pytest.raises(UnreadableData, match="row groups 0 to 0"):
        bank.score(planned)
    chunks = read_chunks(planned.prefix, bank.files)
    bank.score(planned, without=(0,))
    outcome = bank.finish(request, planned)
    assert outcome.counts.lost == chunks[0].rows
    assert outcome.counts.failed_chunks == 1


def index_of(body: bytes) -> bytes:
    """The index at the end of a Parquet file, to its last byte."""
    return body[-8 - int.from_bytes(body[-8:-4], "little") :]


def test_a_parquet_file_with_a_name_that_is_no_text_is_refused(bank: Bank) -> None:
    sink = io.BytesIO()
    table = pa.Table.from_pylist([{**row, "spare": 1} for row in TABLE])
    pq.write_table(table, sink, store_schema=False)
    index = index_of(sink.getvalue())
    broken = sink.getvalue().removesuffix(index) + index.replace(b"spare", b"\xffpare")
    assert "index at the end is missing or damaged" in refused(bank, broken)


def test_an_index_that_points_out_of_its_file_fails_the_chunk(bank: Bank) -> None:
    """It could ask for any number of bytes, at any place."""
    request = bank.upload(b"PAR1" + index_of(parquet_of(TABLE)))
    planned = bank.plan(request)
    others = tuple(range(len(read_chunks(planned.prefix, bank.files)) - 1))
    with pytest.raises(UnreadableData, match="names bytes it lacks"):
        bank.score(planned, without=others)  # what the last one names lies beyond the end


def test_a_text_that_is_not_utf_8_fails_the_chunk_with_the_column_and_the_row(bank: Bank) -> None:
    body = parquet_of(TABLE)
    assert b"student" in body
    request = bank.upload(body.replace(b"student", b"stud\xffnt"))
    planned = bank.plan(request)
    with pytest.raises(UnreadableData, match="column 'job' holds text that is not UTF-8, after"):
        bank.score(planned)


def test_a_plan_that_no_longer_agrees_with_the_file_is_refused(bank: Bank) -> None:
    """A wrong count would number the rows behind it wrongly."""
    request = bank.upload(csv_of(TABLE))
    planned = bank.plan(request)
    place = planned.prefix + "chunks.json"
    chunks = json.loads(bank.files.read(place))
    chunks[1]["rows"] += 1
    bank.files.write(place, json.dumps(chunks).encode(), "application/json")
    with pytest.raises(UnreadableData, match="cannot be counted"):
        bank.score(planned)


def test_a_wish_for_tiny_chunks_is_met_until_there_are_many(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perennial.scoring.csv_plan.MANY", 10)
    planned = bank.plan(bank.upload(csv_of(TABLE), chunk_rows="1"))
    sizes = [chunk.rows for chunk in read_chunks(planned.prefix, bank.files)]
    assert sizes[:20] == [1] * 10 + [2] * 10
    assert len(sizes) < 60
    assert sum(sizes) == len(TABLE)
