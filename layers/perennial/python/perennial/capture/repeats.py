"""Leaves out what was seen before, by hashes kept in sorted runs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.data.text_hashes import text_hashes

_Hashes = npt.NDArray[np.uint64]
_Mask = npt.NDArray[np.bool_]


class Seen:
    """Remembers texts by 64-bit hashes: 8 bytes for each.

    Two different texts count as one with a probability of n^2 / 2^65: about 3 in a million
    among ten million. Runs of about equal length are merged, as in a log-structured merge tree,
    so that a look-up searches few of them.
    """

    def __init__(self) -> None:
        self._runs: list[_Hashes] = []

    def new(self, texts: pa.Array) -> _Mask:
        """Which texts were not seen before, here or earlier; from now on all of them were.

        Args:
            texts: a string array without nulls.
        """
        hashes = text_hashes(texts)
        sorted_hashes, first = np.unique(hashes, return_index=True)
        known = np.zeros(len(sorted_hashes), np.bool_)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, sorted_hashes), len(run) - 1)
            known |= run[places] == sorted_hashes
        fresh = np.zeros(len(hashes), np.bool_)
        fresh[first[~known]] = True
        self._remember(sorted_hashes[~known])
        return fresh

    def _remember(self, run: _Hashes) -> None:
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        if len(run):
            self._runs.append(run)
