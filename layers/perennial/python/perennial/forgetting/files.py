"""Files that may hold rows of a person: whether they do, and the same without them."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from perennial.data.columns import Column, ColumnType, Role
from perennial.data.dialect import DELIMITERS
from perennial.data.parquet_reader import DAMAGE
from perennial.data.problems import Problems
from perennial.data.source import Source
from perennial.errors import UnreadableData
from perennial.forgetting.person import Mask, Person, columns_that_tell
from perennial.outcomes.summary import SUMMARY
from perennial.scoring.records import MANIFEST

_BATCH = 65_536  # rows
_ID_PLACES = 4  # first columns of a part that we wrote: row, line, id
_OURS = ("-predictions.csv", "-rejected.csv")


def rows_of(path: Path, person: Person) -> Mask:
    """Which rows of a Parquet file are about the person.

    Raises:
        UnreadableData: it is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            wanted = columns_that_tell(person, file.schema_arrow.names)
            if not wanted:
                return np.zeros(file.metadata.num_rows, np.bool_)
            found = [person.rows_in(one) for one in file.iter_batches(_BATCH, columns=wanted)]
    except DAMAGE as error:
        raise UnreadableData("the Parquet file is damaged") from error
    return np.concatenate(found) if found else np.zeros(0, np.bool_)


def write_others(path: Path, rows: Mask, target: Path) -> None:
    """Write a Parquet file without some rows, in the form it has."""
    with pq.ParquetFile(path) as file:
        codec = _codec(file)
        arrow = b"ARROW:schema" in (file.metadata.metadata or {})
        schema, start = file.schema_arrow, 0
        with pq.ParquetWriter(
            target, schema, compression=codec, store_schema=arrow, write_statistics=arrow
        ) as writer:
            for batch in file.iter_batches(_BATCH):
                kept = ~rows[start : start + batch.num_rows]
                start += batch.num_rows
                writer.write_table(pa.Table.from_batches([batch.filter(pa.array(kept))]))


def names(path: Path, name: str, person: Person, folder: Path) -> bool:
    """Whether an uploaded file, of whatever form, holds a row of the person.

    Args:
        path: the file.
        name: what it is called.
        person: whom to look for.
        folder: for what is spilled.

    Raises:
        UnreadableData: it cannot be understood.
    """
    if name in (SUMMARY, MANIFEST):  # what the platform tells beside a file
        return False
    with path.open("rb") as stream:
        source = Source(stream, name, (person.column,), folder / "spill")
        wanted = columns_that_tell(person, list(source.header))
        columns = [Column(one, Role.ID, ColumnType.TEXT) for one in dict.fromkeys(wanted)]
        if not columns:
            return False
        chunks = source.chunks(columns, (), Problems())
        return any(person.rows_in(chunk.table).any() for chunk in chunks)


def names_in_part(path: Path, name: str, person: Person, folder: Path) -> bool:
    """Whether a part of a scoring holds a row of the person; parts of text have no header.

    Those we wrote have the id in front. In what was unpacked of an upload, anything may be in any
    column: each cell of it is compared.

    Raises:
        UnreadableData: it cannot be understood.
    """
    if name.endswith(".json"):
        return False
    if name.endswith(".parquet"):
        return bool(rows_of(path, person).any())
    cells = _in_front(path) if name.endswith(_OURS) else _cells(path)
    named = any(person.made.of(cell, person.column) == person.pseudonym for cell in cells)
    return named or _has_header_that_names(path, name, person, folder)


def _has_header_that_names(path: Path, name: str, person: Person, folder: Path) -> bool:
    try:
        return names(path, name, person, folder)
    except UnreadableData:
        return False


def _in_front(path: Path) -> Iterator[str]:
    return (cell for row in _records(path, ",") for cell in row[:_ID_PLACES])


def _cells(path: Path) -> Iterator[str]:
    """All values, for each way in which they may be separated."""
    return (cell for one in DELIMITERS for row in _records(path, one) for cell in row)


def _records(path: Path, delimiter: str) -> Iterator[list[str]]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    opened = gzip.open if packed else open
    try:
        with opened(path, "rt", encoding="utf-8", errors="replace", newline="") as text:
            yield from csv.reader(text, delimiter=delimiter)
    except (csv.Error, EOFError, OSError, zlib.error) as error:
        raise UnreadableData("records cannot be told apart") from error


def _codec(file: pq.ParquetFile) -> str:
    """How a file is compressed, from the first of its columns."""
    if not file.metadata.num_row_groups:
        return "zstd"
    found = str(file.metadata.row_group(0).column(0).compression).lower()
    return "none" if found == "uncompressed" else found
