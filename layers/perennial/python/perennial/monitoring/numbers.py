"""What a window holds of one numeric column: counted in the bins of its reference."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.data.profile import NumberProfile

Floats = npt.NDArray[np.float64]
_MICROSECONDS = 1e6


@dataclass(frozen=True, slots=True)
class NumberReference:
    """A profile in the form windows are counted in.

    To the edges of the profile come its smallest value and the next number after its largest:
    the outer bins are empty in the reference, and hold what lies beyond it in a window.
    """

    profile: NumberProfile
    edges: Floats
    counts: Floats  # [edges + 1]

    @classmethod
    def of(cls, profile: NumberProfile) -> NumberReference:
        """The reference for a profile; without values, one without bins."""
        if profile.minimum is None or profile.maximum is None:
            return cls(profile, np.empty(0), np.zeros(1))
        inner = np.array(profile.edges, np.float64)
        above = np.nextafter(profile.maximum, np.inf)
        keep = (inner > profile.minimum) & (inner < above)
        # Edges at or below the smallest value part nothing: their bins are empty.
        below = np.cumsum(np.array(profile.counts, np.float64))[:-1][keep]
        total = float(sum(profile.counts))
        edges = np.concatenate([[profile.minimum], inner[keep], [above]])
        counts = np.diff(np.concatenate([[0.0, 0.0], below, [total, total]]))
        return cls(profile, edges, counts)


@dataclass(slots=True)
class NumberWindow:
    """Counts, mean and what was odd, of the values seen so far."""

    reference: NumberReference
    rows: int = 0
    nulls: int = 0
    not_finite: int = 0
    misfits: int = 0  # rows of another type than the reference has
    count: int = 0  # finite values
    mean: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    excess: float = 0.0  # sum of the distances beyond the range of the reference
    counts: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros(len(self.reference.edges) + 1, np.int64)

    @property
    def out_of_range(self) -> int:
        """Values below the smallest or above the largest of the reference."""
        return int(self.counts[0] + self.counts[-1]) if len(self.counts) > 1 else 0

    def absent(self, rows: int) -> None:
        """Take rows that have no such column."""
        self.rows += rows
        self.nulls += rows

    def add(self, column: pa.Array) -> None:
        """Take the rows of a batch."""
        numbers = as_floats(column)
        if numbers is None:
            self.misfits += len(column) - column.null_count
            self.absent(len(column))
            return
        self.rows += len(numbers)
        nulls = column.null_count
        with np.errstate(over="ignore", invalid="ignore"):
            if nulls or not math.isfinite(float(numbers.sum())):
                numbers = numbers[np.isfinite(numbers)]
        self.nulls += nulls
        self.not_finite += len(column) - nulls - len(numbers)
        if len(numbers):
            self._count(numbers)

    def merge(self, other: NumberWindow) -> None:
        """Take what another window of the same reference holds."""
        for name in ("rows", "nulls", "not_finite", "misfits", "excess"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.counts += other.counts
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self._add_mean(other.count, other.mean)

    def _count(self, values: Floats) -> None:
        low, high = float(values.min()), float(values.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        with np.errstate(over="ignore", invalid="ignore"):
            self._add_mean(len(values), float(values.mean()))
        edges = self.reference.edges
        if not len(edges):
            self.counts[0] += len(values)
            return
        self.counts += _counted(values, edges)
        smallest, largest = float(edges[0]), float(edges[-1])
        with np.errstate(over="ignore"):
            if low < smallest:
                self.excess += float((smallest - values[values < smallest]).sum())
            if high >= largest:
                self.excess += float((values[values >= largest] - largest).sum())

    def _add_mean(self, count: int, mean: float) -> None:
        """Take the mean of further values, without a sum that grows with their number."""
        if count:
            self.count += count
            self.mean += (mean - self.mean) * (count / self.count)


def as_floats(column: pa.Array) -> Floats | None:
    """Numbers as they are, times as seconds since the epoch, NaN for null; None: neither."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        ticks = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        seconds: Floats = _plain(ticks) / _MICROSECONDS
        return seconds
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return None
    return _plain(column)


def _plain(column: pa.Array) -> Floats:
    floats = column if column.type == pa.float64() else column.cast(pa.float64(), safe=False)
    found: Floats = floats.to_numpy(zero_copy_only=False)
    return found


def _counted(values: Floats, edges: Floats) -> npt.NDArray[np.int64]:
    """Values per bin. A comparison per edge runs at memory speed; a search per value does not."""
    less = np.empty(len(values), np.bool_)
    below = np.empty(len(edges) + 1, np.int64)
    for place, edge in enumerate(edges.tolist()):
        np.less(values, edge, out=less)
        below[place] = np.count_nonzero(less)
    below[-1] = len(values)
    return np.diff(below, prepend=0)
