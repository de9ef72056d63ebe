"""Reads Parquet in batches, from a file it is spilled to: its index stands at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perennial.data.blocks import Read
from perennial.data.csv_reader import Chunk
from perennial.errors import UnreadableData

_BATCH = 32_768  # rows
_COPY = 1 << 20  # bytes
_BUFFER = 1 << 17  # bytes of each column read at a time

_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
# What pyarrow raises about bytes that are not what they should be; a name may be no UTF-8.
DAMAGE = (ValueError, OSError, pa.ArrowNotImplementedError)


class ParquetReader:
    """One Parquet file."""

    def __init__(self, read: Read, spill: Path) -> None:
        """Copy the file to `spill` and read its schema.

        Raises:
            UnreadableData: truncated, or damaged.
        """
        with spill.open("wb") as file:
            while part := read(_COPY):
                file.write(part)
        try:
            self._file = pq.ParquetFile(spill, pre_buffer=False)
            self.header = tuple(self._file.schema_arrow.names)
        except DAMAGE as error:
            raise UnreadableData(
                "the file begins as Parquet but its index at the end is missing or damaged; "
                "was the upload complete?"
            ) from error
        self._spill = spill

    def chunks(self, columns: Sequence[str]) -> Iterator[Chunk]:
        """The rows, a batch at a time."""
        row = 0
        schema = self._file.schema_arrow
        texts = [name for name in columns if pa.types.is_string(schema.field(name).type)]
        try:
            # Texts as codes, which is how Parquet has them: a fraction of the memory.
            file = pq.ParquetFile(
                self._spill, pre_buffer=False, buffer_size=_BUFFER, read_dictionary=texts
            )
            for batch in file.iter_batches(_BATCH, columns=list(columns), use_threads=True):
                check_texts(batch, row)
                yield Chunk(pa.Table.from_batches([batch]), row, None)
                row += batch.num_rows
        except DAMAGE as error:
            raise UnreadableData(f"the Parquet file is damaged after row {row}") from error


def check_texts(batch: pa.RecordBatch, row: int) -> None:
    """Parquet calls a text UTF-8 and does not look whether it is.

    Raises:
        UnreadableData: a text is not.
    """
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not any(is_text(kind) for is_text in _TEXTS):
            continue
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            raise UnreadableData(
                f"column {name!r} holds text that is not UTF-8, after row {row}"
            ) from error
