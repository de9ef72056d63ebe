"""An even sample of rows, the same whatever the order and the pieces they come in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from perennial.data.duplicates import Hashes, mix, seeds

REFERENCE_ROWS = 10_000  # at most, of a sample that is kept beside a dataset
_PLACES = np.uint64(64)


@dataclass(slots=True)
class RowSample:
    """Rows whose key begins with enough zero bits; one bit more whenever there are too many.

    Which rows stay depends on their keys alone: not on neighbours, so that no period in the data
    shows, nor on how the rows were cut into pieces.
    """

    limit: int = REFERENCE_ROWS
    bits: int = 0
    _kept: int = 0
    _parts: list[tuple[pa.Table, Hashes]] = field(default_factory=list)

    def add(self, rows: pa.Table, keys: Hashes) -> None:
        """Take further rows, a 64-bit key for each, evenly spread, as of `numbered`."""
        chosen = np.flatnonzero(self._stays(keys))
        if not len(chosen):
            return
        self._parts.append((_plain(rows.take(pa.array(chosen))), keys[chosen]))
        self._kept += len(chosen)
        while self._kept > self.limit:
            self.bits += 1
            self._thin_out()

    def merge(self, other: RowSample) -> None:
        """Take what another sample of the same limit holds."""
        self.bits = max(self.bits, other.bits)
        self._thin_out()
        for rows, keys in list(other._parts):
            self.add(rows, keys)

    def table(self) -> pa.Table | None:
        """The rows by the order of their keys; None where none were taken."""
        if not self._kept:
            return None
        rows = pa.concat_tables([rows for rows, _ in self._parts], promote_options="default")
        keys = np.concatenate([keys for _, keys in self._parts])
        return rows.take(pa.array(np.argsort(keys, kind="stable"))).combine_chunks()

    def _thin_out(self) -> None:
        parts = [(rows, keys, self._stays(keys)) for rows, keys in self._parts]
        self._parts = [
            (rows.filter(pa.array(stays)), keys[stays])
            for rows, keys, stays in parts
            if stays.any()
        ]
        self._kept = sum(len(keys) for _, keys in self._parts)

    def _stays(self, keys: Hashes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        if not self.bits:
            return np.ones(len(keys), np.bool_)
        stays: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
            keys >> (_PLACES - np.uint64(self.bits))
        ) == 0
        return stays


def numbered(first: int, rows: int) -> Hashes:
    """A key for each of the rows from the number `first` on."""
    keys = seeds(rows)
    scratch = np.empty_like(keys)
    mix(keys, np.arange(first, first + rows, dtype=np.uint64), scratch)
    mix(keys, np.zeros(rows, np.uint64), scratch)  # the upper bits need a second round
    return keys


def _plain(rows: pa.Table) -> pa.Table:
    """Codes as the texts they stand for: dictionaries grow while a file goes by."""
    for place, one in enumerate(rows.schema):
        if pa.types.is_dictionary(one.type):
            rows = rows.set_column(place, one.name, rows.column(place).cast(one.type.value_type))
    return rows
