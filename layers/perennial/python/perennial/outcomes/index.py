"""One outcome for each prediction: the last word of all that was ever said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.data.text_hashes import text_hashes

_CONFLICT, _CORRECTED = np.uint8(1), np.uint8(2)
_MERGED = 1 << 20  # rows that are gathered at least before they are merged
_Words = npt.NDArray[np.uint64]
_Ticks = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Outcomes as numbers: 33 bytes for each.

    Attributes:
        keys: hash of the id of the prediction.
        observed: when it was known, milliseconds since the epoch.
        received: when it came in, milliseconds since the epoch.
        values: the outcome: the bits of a double, or the code of a label.
        flags: whether it is in conflict, whether it was corrected.
    """

    keys: _Words
    observed: _Ticks
    received: _Ticks
    values: _Ticks
    flags: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, places: npt.NDArray[np.intp]) -> Rows:
        """The rows at these places, in the order of the places."""
        return Rows(*(getattr(self, each.name)[places] for each in fields(self)))


class Labels:
    """Codes of labels, given in the order in which they are met."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def codes(self, labels: pa.Array) -> _Ticks:
        """The codes of labels without nulls."""
        found = labels.dictionary_encode()
        known = [
            self._codes.setdefault(label, len(self._codes))
            for label in found.dictionary.to_pylist()
        ]
        codes = np.array(known, np.int64)[found.indices.to_numpy()] if known else np.empty(0)
        return codes.astype(np.int64)

    def texts(self) -> pa.Array:
        """The labels, in the order of their codes."""
        return pa.array(list(self._codes), pa.string())


class Index:
    """Takes outcomes in any order, and keeps the last word for each prediction.

    The later observation wins, of those the one that came in later. Outcomes that differ and
    have both times in common are a conflict: nobody can tell which is right.

    Predictions are known by 64-bit hashes of their ids: that any two of ten million ids are
    taken for one has a probability of about 3 in a million.
    """

    def __init__(self, *, numbers: bool) -> None:
        """Args: numbers: whether outcomes are numbers; else labels."""
        self._labels = None if numbers else Labels()
        self._rows = _EMPTY
        self._pending: list[Rows] = []
        self._waiting = 0
        self.added = 0

    def add(self, keys: _Words, observed: pa.Array, received: pa.Array, outcomes: pa.Array) -> None:
        """Take outcomes of predictions with these hashes."""
        rows = rows_of(keys, _ticks(observed), _ticks(received), self.encoded(outcomes))
        self.add_rows(rows)

    def add_rows(self, rows: Rows) -> None:
        """Take outcomes whose values are encoded already."""
        self.added += len(rows)
        self._pending.append(rows)
        self._waiting += len(rows)
        if self._waiting > max(_MERGED, len(self._rows)):
            self.rows()

    def rows(self) -> Rows:
        """The last words, in the order of their keys."""
        if self._pending:
            parts = [self._rows, *self._pending]
            # Let go of before they are sorted: there are copies enough.
            self._rows, self._pending, self._waiting = _EMPTY, [], 0
            self._rows = merged(parts)
        return self._rows

    def encoded(self, outcomes: pa.Array) -> _Ticks:
        """Outcomes as `Rows.values`."""
        if self._labels is not None:
            return self._labels.codes(outcomes)
        numbers = outcomes.to_numpy(zero_copy_only=False) + 0.0  # one zero, not two
        return np.ascontiguousarray(numbers).view(np.int64)

    def decoded(self, values: _Ticks) -> pa.Array:
        """`Rows.values` as outcomes."""
        if self._labels is not None:
            return self._labels.texts().take(pa.array(values))
        return pa.array(np.ascontiguousarray(values).view(np.float64))

    def places(self, keys: _Words) -> tuple[npt.NDArray[np.intp], _Mask]:
        """Where the last words about predictions stand in `rows`, and whether there are any."""
        rows = self.rows()
        if not len(rows):
            return np.zeros(len(keys), np.intp), np.zeros(len(keys), np.bool_)
        # Looked up in order, keys find their neighbourhood in the cache: 6 times faster.
        order = np.argsort(keys)
        places = np.empty(len(keys), np.intp)
        places[order] = np.minimum(np.searchsorted(rows.keys, keys[order]), len(rows) - 1)
        return places, rows.keys[places] == keys

    def in_conflict(self, places: npt.NDArray[np.intp]) -> _Mask:
        """Which of some of `rows` are in conflict."""
        return (self.rows().flags[places] & _CONFLICT) > 0

    @property
    def conflicts(self) -> _Mask:
        """Which of `rows` are in conflict."""
        return (self.rows().flags & _CONFLICT) > 0

    @property
    def corrected(self) -> _Mask:
        """Which of `rows` replaced another outcome."""
        return (self.rows().flags & _CORRECTED) > 0


def hashes(ids: pa.Array) -> _Words:
    """What predictions are known by: 64 bits of each id, so two may share one (ADR 17)."""
    return text_hashes(ids)


def rows_of(
    keys: Sequence[int] | _Words,
    observed: Sequence[int] | _Ticks,
    received: Sequence[int] | _Ticks,
    values: Sequence[int] | _Ticks,
) -> Rows:
    """Outcomes about which nothing is known but what they say."""
    return Rows(
        np.asarray(keys, np.uint64),
        np.asarray(observed, np.int64),
        np.asarray(received, np.int64),
        np.asarray(values, np.int64),
        np.zeros(len(keys), np.uint8),
    )


def merged(parts: list[Rows]) -> Rows:
    """The last words of all parts, in the order of their keys.

    Merging in any grouping and order gives the same: flags say what was dropped on the way. The
    list is emptied, so that what is not held elsewhere is let go of.
    """
    rows = Rows(
        *(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Rows))
    )
    parts.clear()
    if not len(rows):
        return rows
    rows = rows.take(np.lexsort((rows.values, rows.received, rows.observed, rows.keys)))
    new_key = _changes(rows.keys)
    new_time = new_key | _changes(rows.observed) | _changes(rows.received)
    firsts, times = np.flatnonzero(new_key), np.flatnonzero(new_time)
    lasts = np.append(firsts[1:], len(rows)) - 1  # the last word: times ascend
    ties = times[np.searchsorted(times, lasts, side="right") - 1]  # where its time begins
    conflict = rows.values[ties] != rows.values[lasts]
    conflict |= (np.bitwise_or.reduceat(rows.flags, ties) & _CONFLICT)[: len(ties)] > 0
    return _flagged(rows, firsts, lasts, ties, conflict)


def _flagged(
    rows: Rows,
    firsts: npt.NDArray[np.intp],
    lasts: npt.NDArray[np.intp],
    ties: npt.NDArray[np.intp],
    conflict: _Mask,
) -> Rows:
    """The rows at `lasts`; corrected where anything before `ties` said otherwise."""
    sizes = lasts - firsts + 1
    group = np.repeat(np.arange(len(lasts)), sizes)
    dropped = np.arange(len(rows)) < ties[group]
    other = rows.values != rows.values[lasts][group]
    other |= (rows.flags & _CONFLICT) > 0
    corrected = np.zeros(len(lasts), np.bool_)
    corrected[group[dropped & other]] = True
    corrected[group[(rows.flags & _CORRECTED) > 0]] = True
    chosen = rows.take(lasts)
    flags = conflict * _CONFLICT | corrected * _CORRECTED
    return Rows(chosen.keys, chosen.observed, chosen.received, chosen.values, flags)


def _changes(column: npt.NDArray[np.generic]) -> _Mask:
    """Where a value differs from the one before; true of the first."""
    return np.concatenate([[True], column[1:] != column[:-1]])


def _ticks(moments: pa.Array) -> _Ticks:
    ticks: _Ticks = moments.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.int64)
    return ticks


_EMPTY = rows_of((), (), (), ())
