"""The rows of one chunk as Arrow tables, some at a time, each with its number in the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from perennial.data.ahead import one_ahead
from perennial.data.blocks import Block, blocks
from perennial.data.columns import Column, ColumnType, Role
from perennial.data.csv_reader import Chunk as Rows
from perennial.data.csv_reader import CsvReader
from perennial.data.dialect import Dialect
from perennial.data.encodings import Transcoder
from perennial.data.lines import Lines, records
from perennial.data.parquet_reader import DAMAGE, check_texts
from perennial.data.problems import Problems
from perennial.data.sniffing import Format
from perennial.errors import UnreadableData
from perennial.features.schema import FeatureSchema
from perennial.registry.files import Files
from perennial.registry.layout import uri
from perennial.scoring.checks import Numbers
from perennial.scoring.records import Chunk, Plan
from perennial.scoring.remote import RemoteParquet

MOST_ROWS = 65_536  # of a table
_MOST_CODES = 4 << 20  # numbers in the matrix of a table: 16 MiB
_BLOCK = 4 << 20  # bytes of text at a time
_BUFFER = 1 << 20  # bytes of each column of Parquet read at a time


@dataclass(frozen=True, slots=True)
class Ragged:
    """Records of a text that have another number of values than the header."""

    numbers: Numbers
    values: tuple[int, ...]  # how many each has
    expected: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows: a table, the number in the file of each of its rows, and what is no row."""

    table: pa.Table
    numbers: Numbers
    lines: Lines | None = None
    ragged: Ragged | None = None

    @property
    def rows(self) -> int:
        """Rows of the file in this piece, those that are left out of the table included."""
        return len(self.numbers) + (len(self.ragged.numbers) if self.ragged else 0)


def pieces(
    plan: Plan, chunk: Chunk, features: Sequence[FeatureSchema], files: Files, folder: Path
) -> Iterator[Piece]:
    """The rows of a chunk, in order.

    Args:
        plan: of the file.
        chunk: which rows.
        features: the columns that are read, beside the id.
        files: where the file lies.
        folder: where a copy of a part of it may be put.

    Raises:
        UnreadableData: the chunk is damaged or too strange to be read.
        Unavailable: the store does not answer.
    """
    if plan.input_format is Format.PARQUET:
        yield from _of_parquet(plan, chunk, features, files, folder)
    else:
        yield from _of_text(plan, chunk, features, files)


def _of_text(
    plan: Plan, chunk: Chunk, features: Sequence[FeatureSchema], files: Files
) -> Iterator[Piece]:
    dialect = Dialect(plan.delimiter, plan.header)
    columns = [Column(one.name, Role.FEATURE, ColumnType(one.type)) for one in features]
    if plan.id_column is not None and plan.id_column not in {one.name for one in features}:
        columns.append(Column(plan.id_column, Role.ID, ColumnType.TEXT))
    reader = CsvReader(dialect, columns, plan.spec.missing_markers, Problems())
    row = chunk.first_row
    for rows in one_ahead(reader.chunks(one_ahead(_blocks(plan, chunk, files)), header=False)):
        piece = _numbered(rows, row, len(plan.header), dialect)
        yield piece
        row += piece.rows


def _blocks(plan: Plan, chunk: Chunk, files: Files) -> Iterator[Block]:
    source = plan.request.source
    place = chunk.unpacked or uri(source.bucket, source.key)
    version = None if chunk.unpacked else source.version_id or None
    at = 0 if chunk.unpacked else chunk.start
    end = at + chunk.size

    def read(size: int) -> bytes:
        nonlocal at
        size = min(size, end - at)
        if size <= 0:
            return b""
        data = files.read_range(place, at, size, version)
        at += len(data)
        return data

    first = chunk.first_line
    for block in blocks(read, Transcoder(b""), plan.delimiter, _BLOCK):
        yield Block(block.text, block.first_line + first - 1)


def _numbered(rows: Rows, first: int, width: int, dialect: Dialect) -> Piece:
    """Rows with their numbers; where some were left out, the text is read record by record."""
    lines, count = rows.lines, rows.table.num_rows
    if lines is None or not lines.skipped:
        return Piece(rows.table, np.arange(first, first + count), lines)
    found = records(lines.text, lines.first, dialect)
    other = np.array([len(fields) != width for _, fields in found])
    numbers = np.arange(first, first + len(found))
    if count != int(np.count_nonzero(~other)):
        raise UnreadableData(f"from line {lines.first} on, records cannot be told apart")
    values = tuple(len(fields) for _, fields in found if len(fields) != width)
    return Piece(rows.table, numbers[~other], lines, Ragged(numbers[other], values, width))


def _of_parquet(
    plan: Plan, chunk: Chunk, features: Sequence[FeatureSchema], files: Files, folder: Path
) -> Iterator[Piece]:
    columns = [feature.name for feature in features]
    if plan.id_column is not None and plan.id_column not in columns:
        columns.append(plan.id_column)
    remote = RemoteParquet(files, plan.request.source, folder / "source.parquet")
    groups = range(*chunk.groups)
    remote.fetch(groups, columns)
    skip, left, row = chunk.skip, chunk.rows, chunk.first_row
    for batch in _batches(remote.copy, groups, columns, row - 1 - skip):
        rows = batch.slice(skip, left)
        skip = max(0, skip - batch.num_rows)
        if rows.num_rows:
            numbers = np.arange(row, row + rows.num_rows)
            yield Piece(pa.Table.from_batches([rows]), numbers)
            row, left = row + rows.num_rows, left - rows.num_rows
        if not left:
            return


def _batches(
    path: Path, groups: range, columns: Sequence[str], row: int
) -> Iterator[pa.RecordBatch]:
    """Row groups batch by batch, texts as codes, as Parquet has them; `row` rows are before them.

    Raises:
        UnreadableData: they are damaged.
    """
    rows = max(1_024, min(MOST_ROWS, _MOST_CODES // len(columns)))
    try:
        with pq.ParquetFile(path, pre_buffer=False) as whole:
            schema = whole.schema_arrow
        texts = [name for name in columns if pa.types.is_string(schema.field(name).type)]
        with pq.ParquetFile(
            path, pre_buffer=False, buffer_size=_BUFFER, read_dictionary=texts
        ) as file:
            for batch in file.iter_batches(
                rows, row_groups=list(groups), columns=list(columns), use_threads=False
            ):
                check_texts(batch, row)
                yield batch
                row += batch.num_rows
    except DAMAGE as error:
        raise UnreadableData(
            f"the Parquet file is damaged in row groups {groups.start} to {groups.stop - 1}"
        ) from error
