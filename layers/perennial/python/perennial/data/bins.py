"""Counts of numbers between edges that follow the data: exact, in one pass, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
_FIRST = 48  # edges laid into the first batch
_FURTHER = 8  # edges laid beyond what was seen so far, when much lies there
_MUCH = 0.02  # of a batch
_MAXIMUM = 96  # edges kept
_LOOK = 16_384  # values of the first batch that decide the edges


@dataclass(slots=True)
class Bins:
    """An adaptive histogram.

    Edges are laid at quantiles of the first batch. When many later values leave the range seen
    so far, edges are added beyond it, where all earlier counts are zero: every count is exact.
    `counts[i]` is the number of values in `[edges[i-1], edges[i])`; the first and the last bin
    are open to the outside.
    """

    edges: Floats = field(default_factory=lambda: np.empty(0))
    counts: Counts = field(default_factory=lambda: np.zeros(1, np.int64))
    low: float = np.inf  # smallest value seen
    high: float = -np.inf  # largest value seen

    def add(self, values: Floats, low: float, high: float) -> None:
        """Count finite values, of which the extremes are known."""
        if not self.counts.sum():
            step = max(1, len(values) // _LOOK)
            self.edges = _spread(np.sort(values[::step]), _FIRST)
            self.counts = np.zeros(len(self.edges) + 1, np.int64)
        else:
            self._extend(values, low, high)
        self.counts += _counted(values, self.edges)
        self.low, self.high = min(self.low, low), max(self.high, high)
        if len(self.edges) > _MAXIMUM:
            edges = self.coarse(_FIRST)
            self.counts, self.edges = self.merged(edges), edges

    def _extend(self, values: Floats, low: float, high: float) -> None:
        if high > self.high:
            above = values[values > self.high]
            if len(above) > _MUCH * len(values):
                edges = _spread(np.sort(above), _FURTHER)
                self.edges = np.concatenate([self.edges, edges])
                self.counts = np.concatenate([self.counts, np.zeros(len(edges), np.int64)])
        if low < self.low:
            below = values[values < self.low]
            if len(below) > _MUCH * len(values):
                # The smallest value so far parts the old from the new.
                edges = np.append(_spread(np.sort(below), _FURTHER), self.low)
                edges = edges[edges < self.edges[0]]
                self.edges = np.concatenate([edges, self.edges])
                self.counts = np.concatenate([np.zeros(len(edges), np.int64), self.counts])

    def coarse(self, bins: int) -> Floats:
        """At most `bins - 1` of the edges, as near to even shares of the values as they allow."""
        cumulative = np.cumsum(self.counts)
        wanted = np.arange(1, bins) * (cumulative[-1] / bins)
        chosen: Floats = self.edges[np.unique(_nearest(cumulative[:-1], wanted))]
        return chosen

    def merged(self, edges: Floats) -> Counts:
        """Counts for a selection of the edges."""
        below = np.cumsum(self.counts)[np.searchsorted(self.edges, edges)]
        return np.diff(below, prepend=0, append=int(self.counts.sum())).astype(np.int64)


def _counted(values: Floats, edges: Floats) -> Counts:
    """Values per bin. A comparison per edge runs at memory speed; a search per value does not."""
    less = np.empty(len(values), bool)
    below = np.empty(len(edges) + 1, np.int64)
    for place, edge in enumerate(edges):
        np.less(values, edge, out=less)
        below[place] = np.count_nonzero(less)
    below[-1] = len(values)
    return np.diff(below, prepend=0)


def _nearest(ascending: Counts, wanted: Floats) -> npt.NDArray[np.intp]:
    """Place of the value nearest to each wanted one."""
    right = np.clip(np.searchsorted(ascending, wanted), 0, len(ascending) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(wanted - ascending[left] < ascending[right] - wanted, left, right)


def _spread(ordered: Floats, number: int) -> Floats:
    """Edges at even ranks of ordered values, each once."""
    ranks = np.linspace(0, len(ordered) - 1, min(number, len(ordered))).astype(np.int64)
    return np.unique(ordered[ranks])
