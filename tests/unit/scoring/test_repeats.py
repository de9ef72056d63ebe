"""Doing it again costs nothing, and what is missing is done alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from perennial.registry.records import RoutedVersion
from perennial.scoring.chunk import score_chunk
from perennial.scoring.collect import read_chunks, read_plan
from perennial.scoring.records import ScoringStatus

from tests.unit.predict.artifacts import artifact
from tests.unit.scoring.bank import Bank, csv_of, parquet_of, rows

TABLE = rows(450)


def test_the_same_content_is_scored_once(bank: Bank) -> None:
    first = bank.run(csv_of(TABLE))
    assert len(bank.scored) == 5
    again = bank.run(csv_of(TABLE), "other.csv")
    assert len(bank.scored) == 5
    assert again.reused
    assert not first.reused
    assert again.counts == first.counts
    assert bank.output("predictions.csv", "other.csv") == bank.output("predictions.csv")


def test_another_version_another_content_or_another_format_is_scored_anew(bank: Bank) -> None:
    bank.run(csv_of(TABLE))
    bank.run(csv_of(TABLE[:-1]))
    bank.run(csv_of(TABLE), format="parquet")
    data, digest = artifact(seed=1)
    bank.bytes, bank.digest = data, digest
    bank.files.write("s3://artifacts/b.zip", data, "application/zip")
    bank.registry.champion = RoutedVersion(4, digest, "s3://artifacts/b.zip")
    assert not bank.run(csv_of(TABLE)).reused
    assert len(bank.scored) == 20
    assert {row["version"] for row in bank.output("predictions.csv")} == {4}


def test_a_result_that_is_gone_is_made_again(bank: Bank) -> None:
    request = bank.upload(csv_of(TABLE))
    planned = bank.plan(request)
    bank.score(planned)
    bank.finish(request, planned)
    del bank.files._versions[planned.prefix + "result.json"]
    assert not bank.plan(request).reused


def test_all_chunks_are_scored_by_the_version_of_the_plan(bank: Bank) -> None:
    request = bank.upload(csv_of(TABLE))
    planned = bank.plan(request)
    bank.score(planned, without=(3, 4))
    bank.registry.champion = RoutedVersion(9, "0" * 64, "s3://artifacts/none.zip")
    bank.score(planned)
    bank.finish(request, planned)
    assert {row["version"] for row in bank.output("predictions.csv")} == {3}


def test_a_chunk_that_was_scored_is_not_scored_again(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = bank.plan(bank.upload(csv_of(TABLE)))
    bank.score(planned)
    made, chunks = read_plan(planned.prefix, bank.files), read_chunks(planned.prefix, bank.files)
    monkeypatch.setattr("perennial.scoring.chunk.pieces", None)
    assert score_chunk(made, chunks[2], planned.prefix, bank.model, bank.files).rows == 100


@pytest.mark.parametrize("make", [csv_of, parquet_of])
def test_a_chunk_scored_twice_writes_the_same_bytes(
    bank: Bank, make: Callable[[list[dict[str, Any]]], bytes]
) -> None:
    planned = bank.plan(bank.upload(make(TABLE)))
    for _ in range(2):
        bank.score(planned)
        for number in range(planned.chunks):
            del bank.files._versions[f"{planned.prefix}parts/{number:05d}.json"]
    written = [kept for uri, kept in bank.files._versions.items() if "-predictions" in uri]
    assert written
    assert all(len(versions) == 2 and versions[0] == versions[1] for versions in written)


def test_rows_of_a_chunk_that_failed_are_counted_and_named(bank: Bank) -> None:
    request = bank.upload(csv_of(TABLE))
    planned = bank.plan(request)
    bank.score(planned, without=(1,))
    outcome = bank.finish(request, planned)
    assert outcome.status is ScoringStatus.PARTIAL
    assert outcome.reason == "100 rows are missing: 1 chunks failed"
    assert [chunk.first_row for chunk in outcome.failed] == [101]
    numbers = [row["row"] for row in bank.output("predictions.csv")]
    assert numbers == [*range(1, 101), *range(201, 451)]
    bank.score(planned)
    assert bank.finish(request, planned).status is ScoringStatus.SUCCEEDED
    assert [row["row"] for row in bank.output("predictions.csv")] == list(range(1, 451))


def test_what_would_be_too_large_stays_in_ordered_parts(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perennial.scoring.assembly.LARGEST_WHOLE", 1_000)
    outcome = bank.run(parquet_of(TABLE))
    parts = outcome.outputs["predictions.parquet"]
    assert sum(part.rows for part in parts) == 450
    assert [part.uri for part in parts] == sorted(part.uri for part in parts)


def test_rows_are_scored_some_at_a_time_where_a_model_takes_much_memory(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bank.run(csv_of(TABLE)).outputs["predictions.csv"]
    monkeypatch.setattr("perennial.scoring.model._FEWEST_ROWS", 1)
    monkeypatch.setattr("perennial.scoring.model._MOST_NUMBERS", 14)
    assert bank.model.most_rows == 7
    assert (
        bank.run(csv_of(TABLE), "small.csv", chunk_rows="99").outputs["predictions.csv"][0].sha256
        == whole[0].sha256
    )
