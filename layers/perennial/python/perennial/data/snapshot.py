"""Writes the immutable dataset: Parquet whose bytes depend on the rows alone."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from perennial.data.columns import CODES

ROW_GROUP = 65_536  # rows


class SnapshotWriter:
    """Takes tables of any size and writes row groups of a fixed one, in a thread of its own.

    Neither the size of the blocks the source was read in nor the order in which categories
    were met shows in the file, so the same rows have the same digest, from CSV or Parquet.
    Snappy without statistics: nobody filters the file, it is read whole, once per training.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._pending: list[pa.Table] = []
        self._rows = 0
        self._thread = ThreadPoolExecutor(1, "snapshot")
        self._written: Future[None] | None = None
        # Measured numbers hardly repeat: a dictionary of them is made in vain.
        repeating = [one.name for one in schema if one.type == CODES or one.type == pa.int64()]
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="snappy",
            use_dictionary=repeating or False,
            store_schema=False,
            write_statistics=False,
        )

    def write(self, table: pa.Table) -> None:
        """Take further rows."""
        self._pending.append(table)
        self._rows += table.num_rows
        while self._rows >= ROW_GROUP:
            self._flush(ROW_GROUP)

    def finish(self) -> str:
        """Write what is left and close; the SHA-256 of the file's bytes, hexadecimal."""
        if self._rows:
            self._flush(self._rows)
        self.close()
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def close(self) -> None:
        """Wait for what is being written, and close the file as it is."""
        try:
            self._wait()
        finally:
            self._thread.shutdown()
            self._writer.close()

    def _flush(self, rows: int) -> None:
        table = pa.concat_tables(self._pending)
        group, rest = table.slice(0, rows), table.slice(rows)
        self._pending = [rest] if rest.num_rows else []
        self._rows -= rows
        self._wait()
        self._written = self._thread.submit(self._write_group, group)

    def _wait(self) -> None:
        """One row group at a time: memory stays bounded, and an error comes up here."""
        if self._written is not None:
            self._written.result()

    def _write_group(self, group: pa.Table) -> None:
        for place, one in enumerate(group.schema):
            if one.type == CODES:
                group = group.set_column(place, one, _compact(group.column(place)))
        self._writer.write_table(group, row_group_size=group.num_rows)


def _compact(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """The column with a dictionary of just the texts that occur in it, sorted."""
    chunks = column.chunks
    texts = max((chunk.dictionary for chunk in chunks), key=len)
    codes = np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in chunks])
    used = np.flatnonzero(np.bincount(codes + 1, minlength=len(texts) + 1)[1:])
    occurring = texts.take(pa.array(used)).to_pylist()
    order = sorted(range(len(used)), key=occurring.__getitem__)
    places = np.zeros(len(texts) + 1, np.int32)
    places[used[order]] = np.arange(len(used), dtype=np.int32)
    indices = pa.array(places[codes], mask=codes < 0)
    return pa.DictionaryArray.from_arrays(
        indices, pa.array([occurring[place] for place in order], pa.string())
    )
