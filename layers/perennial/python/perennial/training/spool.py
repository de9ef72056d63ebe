"""Encoded rows on disk: encoded once, then read as often as an estimator wants to see them.

XGBoost runs its data iterator several times. Decoding Parquet and encoding anew each time was
half of a fit's time; holding the codes in memory would double its peak.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator

import numpy as np

from perennial.features.columnar import Matrix
from perennial.training.split import PARTS, Marked, Parts, rows_of


class Spool:
    """A temporary file of float32 codes; it is gone when nobody holds the spool any more.

    The rows of a batch lie in the file part by part, so that whoever wants one part reads no other.
    """

    def __init__(self, width: int) -> None:
        """Start with no rows. Args: width: numbers per row."""
        self._width = width
        self._batches: list[Parts] = []
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, self._file.close)

    def add(self, codes: Matrix, parts: Parts) -> None:
        """Write a batch, codes [rows, width], and the part of each of its rows."""
        codes[np.argsort(parts, kind="stable")].tofile(self._file)
        self._batches.append(parts)

    def read(self, *parts: int) -> Iterator[tuple[Matrix, Marked]]:
        """By batch, the rows of some parts in the order they were given, and which rows those are.

        Another reader may be on its way at the same time.
        """
        start = 0
        for batch in self._batches:
            ends = start + np.cumsum(np.bincount(batch, minlength=len(PARTS)))
            starts = (start, *ends[:-1])
            found = {part: self._rows(starts[part], ends[part]) for part in parts}
            yield _in_order(found, batch), rows_of(batch, *parts)
            start += len(batch)

    def _rows(self, start: int, end: int) -> Matrix:
        # Another reader may have moved the file's place in the meantime.
        self._file.seek(int(start) * self._width * np.dtype(np.float32).itemsize)
        count = int(end - start) * self._width
        return np.fromfile(self._file, dtype=np.float32, count=count).reshape(-1, self._width)


def _in_order(found: dict[int, Matrix], batch: Parts) -> Matrix:
    """The rows of several parts as they came."""
    if len(found) == 1:
        return next(iter(found.values()))
    order = np.argsort(np.concatenate([np.flatnonzero(batch == part) for part in found]))
    codes: Matrix = np.concatenate(list(found.values()))[order]
    return codes
