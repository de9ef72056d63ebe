"""Writes tables of one schema to a file, as CSV without a header or as Parquet."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from perennial.data.sniffing import Format
from perennial.registry.files import Files
from perennial.scoring.records import Part

CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
}
_COPY = 1 << 20  # bytes


class TableFile:
    """A file that tables are added to; it is there once the first one has rows."""

    def __init__(self, path: Path, schema: pa.Schema, form: Format) -> None:
        """Args: path: of the file; schema: of the tables; form: of the file."""
        self._path, self._schema, self._form = path, schema, form
        self._writer: csv.CSVWriter | pq.ParquetWriter | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, table: pa.Table | None) -> None:
        """Append the rows of a table; none, or no table, changes nothing."""
        if table is None or not table.num_rows:
            return
        if self._writer is None:
            self._writer = self._opened()
        self._writer.write_table(table)
        self.rows += table.num_rows

    def store(self, files: Files, location: str) -> Part | None:
        """Upload what was written, once it is closed; None when there are no rows."""
        if not self.rows:
            return None
        files.upload(self._path, location, CONTENT_TYPES[self._form])
        return Part(location, self.rows, self._path.stat().st_size, digest_of(self._path))

    def _opened(self) -> csv.CSVWriter | pq.ParquetWriter:
        if self._form is Format.PARQUET:
            return pq.ParquetWriter(self._path, self._schema, compression="zstd")
        plain = csv.WriteOptions(include_header=False)
        return csv.CSVWriter(str(self._path), self._schema, write_options=plain)


def header_of(schema: pa.Schema) -> bytes:
    """The first line of a CSV file of this schema."""
    sink = pa.BufferOutputStream()
    with csv.CSVWriter(sink, schema):
        pass
    return bytes(sink.getvalue())


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(_COPY):
            digest.update(data)
    return digest.hexdigest()
