"""Encoded rows on disk: encoded once, then read as often as an estimator wants to see them.

XGBoost runs its data iterator several times. Decoding Parquet and encoding anew each time was
half of a fit's time; holding the codes in memory would double its peak.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterable, Iterator

import numpy as np

from perennial.features.columnar import Matrix


class Spool:
    """A temporary file of float32 codes; it is gone when nobody holds the spool any more."""

    def __init__(self, batches: Iterable[Matrix], width: int) -> None:
        """Write the batches.

        Args:
            batches: codes [rows, width].
            width: numbers per row.
        """
        self._width = width
        self._rows: list[int] = []
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, self._file.close)
        for codes in batches:
            np.ascontiguousarray(codes).tofile(self._file)
            self._rows.append(len(codes))

    def __iter__(self) -> Iterator[Matrix]:
        """The batches as they were written."""
        start = 0
        for rows in self._rows:
            # Another reader may have moved the file's place in the meantime.
            self._file.seek(start)
            codes = np.fromfile(self._file, dtype=np.float32, count=rows * self._width)
            start += codes.nbytes
            yield codes.reshape(rows, self._width)
