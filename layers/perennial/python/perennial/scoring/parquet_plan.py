"""Cuts a Parquet file into chunks along its row groups, from its index alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pyarrow.parquet as pq

from perennial.scoring.records import Chunk

LARGEST = 512 << 20  # bytes of the row groups of one chunk, unless it is a single one
# A slice of a row group costs reading the rows before it, so there are few.
MOST_SLICES = 8


def cut(metadata: pq.FileMetaData, wanted: int) -> list[Chunk]:
    """The chunks of a file, in order: small row groups together, a large one in slices."""
    chunks: list[Chunk] = []
    row = 1
    for groups, skip, rows in _pieces(metadata, wanted):
        if rows:
            chunks.append(Chunk(len(chunks), row, rows, groups=groups, skip=skip))
            row += rows
    return chunks


def _pieces(metadata: pq.FileMetaData, wanted: int) -> Iterator[tuple[tuple[int, int], int, int]]:
    """First and last row group, rows to skip and rows to take of each chunk."""
    first = rows = size = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        full = rows + group.num_rows > wanted or size + group.total_byte_size > LARGEST
        if rows and full:
            yield (first, number), 0, rows
            first, rows, size = number, 0, 0
        if group.num_rows > wanted:
            yield from _slices(number, group.num_rows, wanted)
            first = number + 1
            continue
        rows += group.num_rows
        size += group.total_byte_size
    yield (first, metadata.num_row_groups), 0, rows


def _slices(group: int, rows: int, wanted: int) -> Iterator[tuple[tuple[int, int], int, int]]:
    count = min(MOST_SLICES, math.ceil(rows / wanted))
    size = math.ceil(rows / count)
    for skip in range(0, rows, size):
        yield (group, group + 1), skip, min(size, rows - skip)
