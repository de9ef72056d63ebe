"""A scored file has the endpoint's answers, row for row, whatever it is cut into."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.scoring.collect import read_chunks, read_plan
from perennial.scoring.reading import pieces
from perennial.scoring.records import ScoringStatus

from tests.unit.scoring.bank import Bank, csv_of, features_of, parquet_of, rows

TABLE = rows(450)


def check(bank: Bank, found: list[dict[str, Any]], table: list[dict[str, Any]] = TABLE) -> None:
    """Same rows in the same order, the endpoint's answers to the bit."""
    assert [one["row"] for one in found] == list(range(1, len(table) + 1))
    assert [one["client"] for one in found] == [row["client"] for row in table]
    answers = bank.endpoint([features_of(row) for row in table])
    assert [one["prediction"] for one in found] == [label for label, _ in answers]
    for label in ("no", "yes"):
        told = [one[f"probability_{label}"] for one in found]
        assert told == [probabilities[label] for _, probabilities in answers if probabilities]
    assert {one["version"] for one in found} == {3}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_comes_back_in_its_own_format_with_the_answers_of_the_endpoint(
    bank: Bank, form: str
) -> None:
    body = csv_of(TABLE) if form == "csv" else parquet_of(TABLE)
    outcome = bank.run(body)
    assert outcome.status is ScoringStatus.SUCCEEDED
    assert outcome.counts.chunks == 5 if form == "csv" else outcome.counts.chunks > 5
    assert set(outcome.outputs) == {f"predictions.{form}"}
    check(bank, bank.output(f"predictions.{form}"))


@pytest.mark.parametrize(("given", "wanted"), [("csv", "parquet"), ("parquet", "csv")])
def test_the_uploader_may_choose_another_format(bank: Bank, given: str, wanted: str) -> None:
    body = csv_of(TABLE) if given == "csv" else parquet_of(TABLE)
    bank.run(body, format=wanted)
    check(bank, bank.output(f"predictions.{wanted}"))


@pytest.mark.parametrize("group", [7, 64, 100, 1_000])
def test_row_groups_of_any_size_are_cut_into_bounded_chunks(bank: Bank, group: int) -> None:
    request = bank.upload(parquet_of(TABLE, group))
    planned = bank.plan(request)
    chunks = read_chunks(planned.prefix, bank.files)
    assert max(chunk.rows for chunk in chunks) <= 100
    assert sum(chunk.rows for chunk in chunks) == 450
    bank.score(planned)
    bank.finish(request, planned)
    check(bank, bank.output("predictions.parquet"))


def test_line_breaks_in_quoted_values_do_not_cut_a_row(bank: Bank) -> None:
    table = [{**row, "client": f'a "{n}",\nb\n,c'} for n, row in enumerate(rows(250))]
    bank.run(csv_of(table))
    check(bank, bank.output("predictions.csv"), table)


@pytest.mark.parametrize(
    "made",
    [
        lambda text: gzip.compress(text),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.decode().encode("utf-16"),
        lambda text: text.replace(b"c0,", b"caf\xe9,"),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text.replace(b"\n", b"\n\n\n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: text.replace(b",", b";"),
    ],
    ids=["gzip", "bom", "utf-16", "latin-1", "crlf", "cr", "empty lines", "no end", "semicolons"],
)
def test_text_of_any_form_is_scored_alike(bank: Bank, made: Any) -> None:
    body = made(csv_of(TABLE))
    bank.run(body)
    found = bank.output("predictions.csv")
    table = TABLE if b"caf\xe9" not in body else [{**TABLE[0], "client": "café"}, *TABLE[1:]]
    check(bank, found, table)


def test_columns_the_model_does_not_need_may_be_there(bank: Bank) -> None:
    table = [{"extra": "x", **row, "y": "no"} for row in TABLE]
    bank.run(csv_of(table))
    check(bank, bank.output("predictions.csv"))


def test_a_file_without_the_id_column_is_scored_without_it(bank: Bank) -> None:
    bank.run(csv_of([features_of(row) for row in TABLE]))
    assert "client" not in bank.output("predictions.csv")[0]


def test_the_manifest_names_the_digests_of_the_outputs(bank: Bank) -> None:
    outcome = bank.run(csv_of(TABLE))
    (part,) = outcome.outputs["predictions.csv"]
    body = bank.files.read(part.uri)
    assert part.uri == "s3://data/score/bank/clients.csv.scores/predictions.csv"
    assert (part.rows, part.size) == (450, len(body))
    assert part.sha256 == hashlib.sha256(body).hexdigest()
    assert outcome.plan is not None
    assert outcome.plan.sha256 == hashlib.sha256(csv_of(TABLE)).hexdigest()


def test_a_single_huge_row_group_is_read_a_bounded_number_of_rows_at_a_time(bank: Bank) -> None:
    table = pa.Table.from_pylist(TABLE).take(pa.array(np.arange(200_000) % 450))
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=200_000)
    planned = bank.plan(bank.upload(sink.getvalue(), chunk_rows="5000000"))
    (chunk,) = read_chunks(planned.prefix, bank.files)
    made = read_plan(planned.prefix, bank.files)
    with TemporaryDirectory() as folder:
        found = list(pieces(made, chunk, bank.model.features, bank.files, Path(folder)))
    assert sum(piece.rows for piece in found) == 200_000
    assert max(piece.rows for piece in found) <= 65_536
