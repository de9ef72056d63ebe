"""A remote Parquet file as a local one that holds only the bytes that are needed.

The copy has the size of the file and is sparse: row groups and the index lie where they lie in
the original, and nothing else takes room on the disk.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from perennial.data.parquet_reader import DAMAGE
from perennial.data.sniffing import PARQUET_MAGIC
from perennial.errors import UnreadableData
from perennial.registry.files import Files
from perennial.registry.layout import uri
from perennial.registry.records import SourceObject

_TAIL = 1 << 16  # bytes at the end that mostly hold the whole index
_PIECE = 8 << 20  # bytes of one request
_GAP = 1 << 20  # bytes between two wanted stretches that are fetched along with them
_AT_ONCE = 8  # requests
_FOOT = 8  # bytes: length of the index, and the magic again


@dataclass
class RemoteParquet:
    """One Parquet object of a store."""

    files: Files
    source: SourceObject
    copy: Path
    metadata: pq.FileMetaData = field(init=False)
    header: tuple[str, ...] = field(init=False)  # names of the columns

    def __post_init__(self) -> None:
        """Fetch the index.

        Raises:
            UnreadableData: there is none, or it is damaged.
        """
        self.copy.touch()
        os.truncate(self.copy, self.source.size)
        self._fetch_index()
        try:
            with pq.ParquetFile(self.copy, pre_buffer=False) as file:
                self.metadata = file.metadata
                self.header = tuple(file.schema_arrow.names)
        except DAMAGE as error:
            raise _damaged() from error

    def fetch(self, groups: range, columns: Sequence[str]) -> None:
        """Fetch some columns of some row groups into the copy.

        Raises:
            UnreadableData: they do not lie in the file.
            Unavailable: the store does not answer.
        """
        try:
            stretches = self._stretches(groups, set(columns))
        except DAMAGE as error:
            raise _damaged() from error
        pieces = [
            (at, min(_PIECE, end - at))
            for start, end in _joined(stretches)
            for at in range(start, end, _PIECE)
        ]
        with ThreadPoolExecutor(_AT_ONCE, "fetch") as threads:
            for _ in threads.map(lambda piece: self._fetch(*piece), pieces):
                pass

    def _stretches(self, groups: range, columns: set[str]) -> list[tuple[int, int]]:
        found = []
        for number in groups:
            group = self.metadata.row_group(number)
            for place in range(group.num_columns):
                column = group.column(place)
                if column.path_in_schema.split(".", 1)[0] not in columns:
                    continue
                start = column.data_page_offset
                if column.has_dictionary_page and column.dictionary_page_offset is not None:
                    start = min(start, column.dictionary_page_offset)
                end = start + column.total_compressed_size
                if not 0 <= start <= end <= self.source.size:
                    raise UnreadableData("the index of the Parquet file names bytes it lacks")
                found.append((start, end))
        return sorted(found)

    def _fetch_index(self) -> None:
        size = self.source.size
        start = max(0, size - _TAIL)
        tail = self._fetch(start, size - start)
        if len(tail) < _FOOT or not tail.endswith(PARQUET_MAGIC):
            raise _damaged()
        length = int.from_bytes(tail[-_FOOT:-4], "little") + _FOOT
        if length > size:
            raise _damaged()
        for at in range(size - length, start, _PIECE):
            self._fetch(at, min(_PIECE, start - at))

    def _fetch(self, start: int, size: int) -> bytes:
        source = self.source
        place = uri(source.bucket, source.key)
        data = self.files.read_range(place, start, size, source.version_id or None)
        with self.copy.open("r+b") as file:
            file.seek(start)
            file.write(data)
        return data


def _joined(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches that lie close together as one, so that there are few requests."""
    joined: list[tuple[int, int]] = []
    for start, end in stretches:
        if joined and start - joined[-1][1] <= _GAP:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _damaged() -> UnreadableData:
    return UnreadableData(
        "the file begins as Parquet but its index at the end is missing or damaged; "
        "was the upload complete?"
    )
