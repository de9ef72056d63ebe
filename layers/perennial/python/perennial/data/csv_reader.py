"""Reads delimited text block by block into Arrow tables of the columns that are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import csv

from perennial.data.blocks import Block, lines_of
from perennial.data.columns import ARROW_TYPES, CODES, Column, ColumnType
from perennial.data.dialect import Dialect
from perennial.data.lines import Lines, records
from perennial.data.problems import Example, ProblemKind, Problems
from perennial.errors import UnreadableData

TRUE = [word for yes in ("true", "t", "yes", "y") for word in (yes, yes.upper(), yes.title())]
FALSE = [word for no in ("false", "f", "no", "n") for word in (no, no.upper(), no.title())]
_PARSE_BLOCK = 1 << 20  # bytes each thread parses at a time
# As which type a column is read at first; what does not fit is read again as text.
_DIRECT: dict[ColumnType, pa.DataType] = {
    **ARROW_TYPES,
    ColumnType.TIMESTAMP: pa.string(),
    ColumnType.TIME: pa.string(),
}


_SOMETHING = re.compile(rb"[^\r\n]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of the file, in order: wanted columns, each of its own type or still as text."""

    table: pa.Table
    first_row: int  # of the whole file, from 0
    lines: Lines | None


class CsvReader:
    """Turns blocks into chunks; remembers which columns have to be read as text first."""

    def __init__(
        self,
        dialect: Dialect,
        columns: Sequence[Column],
        missing_markers: Sequence[str],
        problems: Problems,
    ) -> None:
        self._dialect = dialect
        self._types = {column.name: _DIRECT[column.type] for column in columns}
        self._missing = list(missing_markers)
        self._problems = problems
        self._rows = 0

    def chunks(self, blocks: Iterable[Block], *, header: bool = True) -> Iterator[Chunk]:
        """The rows of all blocks without the header; ragged rows are left out and counted.

        Args:
            blocks: whole records.
            header: whether the first of them is the header.
        """
        for block in blocks:
            body = without_header(block) if header else block
            header = False
            if _SOMETHING.search(body.text) is None:
                continue
            table, skipped = self._parsed(body)
            lines = Lines(body.text, body.first_line, table.num_rows, self._dialect, skipped)
            yield Chunk(table, self._rows, lines)
            self._rows += table.num_rows

    def _parsed(self, block: Block) -> tuple[pa.Table, frozenset[int]]:
        try:
            return self._read(block.text, self._types), frozenset()
        except pa.ArrowInvalid as error:
            if "conversion error" not in str(error):
                return self._without_ragged(block)
        try:
            return self._as_text(block.text), frozenset()
        except pa.ArrowInvalid:
            return self._without_ragged(block)

    def _as_text(self, text: bytes, ragged: bool = False) -> pa.Table:
        """The block with every column read as text; those that fit are brought to their type."""
        table = self._read(text, dict.fromkeys(self._types, pa.string()), ragged)
        for place, (name, wanted) in enumerate(self._types.items()):
            column = table.column(name)
            if wanted == CODES:
                table = table.set_column(place, name, column.dictionary_encode())
        return table

    def _read(self, text: bytes, types: dict[str, pa.DataType], ragged: bool = False) -> pa.Table:
        return csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(
                column_names=list(self._dialect.header),
                # A record may be longer than what a thread is given, but not be cut by it.
                block_size=max(_PARSE_BLOCK, len(text)) if ragged else _PARSE_BLOCK,
            ),
            csv.ParseOptions(
                delimiter=self._dialect.delimiter,
                newlines_in_values=b'"' in text,
                invalid_row_handler=(lambda _: "skip") if ragged else None,
            ),
            csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=self._missing,
                strings_can_be_null=True,
                true_values=[*TRUE, "1"],
                false_values=[*FALSE, "0"],
            ),
        )

    def _without_ragged(self, block: Block) -> tuple[pa.Table, frozenset[int]]:
        """The block without rows of another length; each is counted and named."""
        width = len(self._dialect.header)
        found = records(block.text, block.first_line, self._dialect)
        ragged = frozenset(line for line, fields in found if len(fields) != width)
        for row, (line, fields) in enumerate(found, self._rows + 1):
            if len(fields) != width:
                self._problems.add(
                    ProblemKind.RAGGED_ROW,
                    None,
                    f"line {line} has {len(fields)} values; expected {width}, as in the header",
                    examples=[Example(row, line, f"{len(fields)} values")],
                )
        try:
            return self._as_text(block.text, ragged=True), ragged
        except pa.ArrowInvalid as error:
            at = f"in the block of lines that begins with line {block.first_line}"
            raise UnreadableData(f"{at}, records cannot be told apart") from error


def without_header(block: Block) -> Block:
    """The block without its first record and the empty lines around it."""
    text = block.text
    start = len(text) - len(text.lstrip(b"\r\n"))
    end = start + _first_record(text[start:])
    return Block(text[end:], block.first_line + lines_of(text[:end]))


def _first_record(text: bytes) -> int:
    """Length of the record `text` begins with, its line break included."""
    mark = b"\n" if b"\n" in text else b"\r"
    at = text.find(mark)
    while at >= 0 and text.count(b'"', 0, at) % 2:
        at = text.find(mark, at + 1)
    return at + 1 if at >= 0 else len(text)
