"""Counts rows that repeat another row, by a 64-bit hash of each row's values."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

# Mixing steps as in MurmurHash3's 64-bit finalizer (Austin Appleby, public domain).
_MULTIPLIER = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(33)
_SEED = np.uint64(0x9E3779B97F4A7C15)
MAXIMUM_KEPT = 1 << 24  # hashes, 128 MiB


def mix(hashes: Hashes, values: Hashes, scratch: Hashes) -> None:
    """Fold one column (as 64-bit patterns) into the hashes of its rows, in place.

    A bijection of the hash for a given value: rows that differ in one column never collide.
    """
    np.bitwise_xor(hashes, values, out=hashes)
    np.multiply(hashes, _MULTIPLIER, out=hashes)
    np.right_shift(hashes, _SHIFT, out=scratch)
    np.bitwise_xor(hashes, scratch, out=hashes)


def seeds(rows: int) -> Hashes:
    """Hashes of rows without a column."""
    return np.full(rows, _SEED, np.uint64)


@dataclass(slots=True)
class RepeatCounter:
    """Remembers hashes, exactly up to `MAXIMUM_KEPT` rows.

    Beyond, a share of the hash space is dropped, halving by halving: copies of a row have the
    same hash and stay or go together, so the count of what stays, scaled, has no bias.
    """

    limit: int = MAXIMUM_KEPT
    halvings: int = 0
    _kept: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    _used: int = 0

    @property
    def exact(self) -> bool:
        """Whether every row was kept."""
        return self.halvings == 0

    def add(self, hashes: Hashes) -> None:
        """Remember the hashes of further rows."""
        hashes = self._within(hashes)
        while self._used + len(hashes) > self.limit:
            self.halvings += 1
            stay = self._within(self._kept[: self._used])
            self._kept[: len(stay)] = stay
            self._used = len(stay)
            hashes = self._within(hashes)
        self._reserve(self._used + len(hashes))
        self._kept[self._used : self._used + len(hashes)] = hashes
        self._used += len(hashes)

    def repeats(self) -> int:
        """Rows that are equal to an earlier row. Call once, at the end: what is kept is sorted."""
        kept = self._kept[: self._used]
        kept.sort()
        return int(np.count_nonzero(kept[1:] == kept[:-1])) << self.halvings

    def _within(self, hashes: Hashes) -> Hashes:
        if not self.halvings:
            return hashes
        within: Hashes = hashes[hashes >> np.uint64(64 - self.halvings) == 0]
        return within

    def _reserve(self, size: int) -> None:
        if size > len(self._kept):
            room = min(max(size, len(self._kept) + (1 << 20)), max(self.limit, size))
            self._kept.resize(room, refcheck=False)
