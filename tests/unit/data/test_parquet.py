"""Parquet columns of any sensible type are brought to what the spec wants; others are refused."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.data.outcome import Validation
from perennial.data.parquet_reader import ParquetReader
from perennial.data.problems import ProblemKind
from perennial.errors import UnreadableData

from tests.unit.data.loans import problem, rows, run, text

ROWS = rows(60)


def columns() -> dict[str, pa.Array]:
    return {
        "age": pa.array([int(row[0]) for row in ROWS], pa.int32()),
        "income": pa.array([float(row[1]) for row in ROWS]),
        "job": pa.array([row[2] for row in ROWS]).dictionary_encode(),
        "owner": pa.array([row[3] == "true" for row in ROWS]),
        "since": pa.array([datetime.datetime.fromisoformat(row[4]) for row in ROWS]),
        "paid": pa.array([row[5] for row in ROWS]),
    }


def validated(folder: Path, **changed: pa.Array) -> Validation:
    sink = io.BytesIO()
    pq.write_table(pa.table({**columns(), **changed}), sink)
    return run(sink.getvalue(), folder, name="loans.parquet")


FIT: dict[str, tuple[str, pa.Array]] = {
    "whole numbers as floats": ("age", pa.array([20.0] * 60)),
    "numbers as text": ("age", pa.array(["20"] * 60)),
    "decimals": ("income", pa.array([Decimal("1.5")] * 60)),
    "32-bit floats": ("income", pa.array([1.5] * 60, pa.float32())),
    "large text": ("job", pa.array(["nurse"] * 60, pa.large_string())),
    "views of text": ("job", pa.array(["nurse"] * 60, pa.string_view())),
    "numbers as views of text": ("age", pa.array(["20"] * 60, pa.string_view())),
    "ones and zeros": ("owner", pa.array([1, 0] * 30)),
    "times without a zone": (
        "since",
        pa.array([datetime.datetime(2026, 1, 1)] * 60, pa.timestamp("ns")),
    ),
    "dates": ("since", pa.array([datetime.date(2026, 1, 1)] * 60)),
}
UNFIT: dict[str, tuple[str, pa.Array, ProblemKind]] = {
    "a fraction": ("age", pa.array([18.5] + [20.0] * 59), ProblemKind.NOT_AN_INTEGER),
    "an integer beyond 2**53": (
        "age",
        pa.array([2**63 + 5] + [20] * 59, pa.uint64()),
        ProblemKind.TOO_LARGE,
    ),
    "a list": ("age", pa.array([[1]] * 60), ProblemKind.WRONG_TYPE),
    "times for numbers": ("age", columns()["since"], ProblemKind.WRONG_TYPE),
    "no number": ("income", pa.array([float("nan")] + [1.0] * 59), ProblemKind.NOT_FINITE),
    "infinity": ("income", pa.array([float("inf")] + [1.0] * 59), ProblemKind.NOT_FINITE),
    "a time before the year 1": (
        "since",
        pa.array([-(2**60)] + [0] * 59, pa.timestamp("us", "UTC")),
        ProblemKind.WRONG_TYPE,
    ),
    "a time Python cannot tell": (
        "age",
        pa.array([-(2**60)] * 60, pa.timestamp("us")),
        ProblemKind.WRONG_TYPE,
    ),
    "milliseconds that microseconds cannot hold": (
        "since",
        pa.array([-(2**62)] + [0] * 59, pa.timestamp("ms", "UTC")),
        ProblemKind.WRONG_TYPE,
    ),
    "nothing": ("income", pa.nulls(60), ProblemKind.ALL_NULL),
    "a null": ("age", pa.array([None] + [20] * 59), ProblemKind.NULL),
    "another category": ("job", pa.array(["smith"] + ["nurse"] * 59), ProblemKind.UNSEEN_CATEGORY),
}


@pytest.mark.parametrize("what", FIT)
def test_a_column_that_can_be_read_as_the_type_is_accepted(what: str, tmp_path: Path) -> None:
    name, column = FIT[what]
    validation = validated(tmp_path, **{name: column})
    assert validation.accepted, validation.reason


@pytest.mark.parametrize("what", UNFIT)
def test_a_column_that_cannot_is_rejected_by_row(what: str, tmp_path: Path) -> None:
    name, column, kind = UNFIT[what]
    validation = validated(tmp_path, **{name: column})
    found = problem(validation, kind, name)
    assert not validation.accepted
    assert not found.examples or (found.examples[0].row, found.examples[0].line) == (1, None)


def test_a_column_whose_name_is_not_utf_8_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"spare": [1]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"spare", b"\xffpare"))
    with path.open("rb") as file, pytest.raises(UnreadableData, match="missing or damaged"):
        ParquetReader(file.read, tmp_path / "spill")


def test_text_that_is_not_utf_8_is_rejected(tmp_path: Path) -> None:
    offsets = pa.array(range(61), pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 60, [None, offsets, pa.py_buffer(b"\xff" * 60)])
    validation = validated(tmp_path, job=broken)
    assert not validation.accepted
    assert validation.reason == "column 'job' holds text that is not UTF-8, after row 0"


def test_parquet_and_csv_of_the_same_rows_are_the_same_dataset(tmp_path: Path) -> None:
    first = validated(tmp_path).snapshot
    second = run(text(ROWS), tmp_path).snapshot
    assert first is not None
    assert second is not None
    assert first.digest == second.digest
