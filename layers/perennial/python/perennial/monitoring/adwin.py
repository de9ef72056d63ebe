"""Adaptive windowing: the longest recent stretch of a stream whose mean has not changed.

Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", SIAM International
Conference on Data Mining (2007): the algorithm ADWIN2, which keeps an exponential histogram, with
the bound of section 4 that takes the variance into account. Finds what `river.drift.ADWIN` finds
at the same places; why it is not used itself is told in ADR 18.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from perennial.evaluation.measure import Floats

DELTA = 0.002  # probability of a cut where nothing has changed, for each look
CLOCK = 32  # values between two looks
BUCKETS = 5  # of each size; one more makes two of them one of twice the size
LEAST_PART = 5  # values on either side of a cut
GRACE = 10  # values before the first look


@dataclass(slots=True)
class Level:
    """Buckets that hold `2 ** level` values each, the oldest first."""

    totals: list[float] = field(default_factory=list)
    spreads: list[float] = field(default_factory=list)  # sums of squared distances from the mean


@dataclass(slots=True)
class Adwin:
    """A window over values in [0, 1] that lets go of what is no longer so.

    Memory grows with the logarithm of the window. The fields are all there is to it, so that
    they can be written down and taken up again.
    """

    delta: float = DELTA
    ticks: int = 0
    width: int = 0
    total: float = 0.0
    spread: float = 0.0  # sum of squared distances from the mean
    levels: list[Level] = field(default_factory=lambda: [Level()])

    @property
    def mean(self) -> float:
        """Of the values in the window; 0 of none."""
        return self.total / self.width if self.width else 0.0

    def add(self, value: float) -> int:
        """Take the next value in; returns how many old ones the change that it shows lets go.

        0 is no change. What is let go counts from the cut that was found first.
        """
        self._insert(value)
        self.ticks += 1
        if self.ticks % CLOCK or self.width <= GRACE:
            return 0
        before = self.width
        while self._cut():
            self._drop_oldest()
        return before - self.width

    def _insert(self, value: float) -> None:
        if self.width:
            off = value - self.total / self.width
            self.spread += self.width * off * off / (self.width + 1)
        self.width += 1
        self.total += value
        self.levels[0].totals.append(value)
        self.levels[0].spreads.append(0.0)
        self._compress()

    def _compress(self) -> None:
        """Wherever there is a bucket too many, the two oldest become one of the next level."""
        for number, level in enumerate(self.levels):
            if len(level.totals) <= BUCKETS:
                return
            if number + 1 == len(self.levels):
                self.levels.append(Level())
            size = 2**number
            one, other = level.totals[0], level.totals[1]
            between = (one - other) / size
            above = self.levels[number + 1]
            above.totals.append(one + other)
            above.spreads.append(sum(level.spreads[:2]) + size / 2 * between * between)
            del level.totals[:2], level.spreads[:2]

    def _cut(self) -> bool:
        """Whether somewhere the older part of the window has another mean than the newer."""
        sizes, totals = self._buckets()
        older, newer = np.cumsum(sizes)[:-1], self.width - np.cumsum(sizes)[:-1]
        sums = np.cumsum(totals)[:-1]
        allowed = (older >= LEAST_PART) & (newer >= LEAST_PART)
        older, newer, sums = older[allowed], newer[allowed], sums[allowed]
        apart = np.abs(sums / older - (self.total - sums) / newer)
        return bool(np.any(apart > self._bound(older, newer)))

    def _bound(self, older: Floats, newer: Floats) -> Floats:
        """How far two means may lie apart by chance: section 4 of the paper, formula of 3.1."""
        certainty = math.log(2 * math.log(self.width) / self.delta)
        fewness = 1 / (older - LEAST_PART + 1) + 1 / (newer - LEAST_PART + 1)
        variance = self.spread / self.width
        found: Floats = np.sqrt(2 * fewness * variance * certainty) + 2 / 3 * certainty * fewness
        return found

    def _buckets(self) -> tuple[Floats, Floats]:
        """Sizes and sums of all buckets, the oldest first."""
        sizes = [2.0**n for n, level in enumerate(self.levels) for _ in level.totals]
        by_age = [level.totals for level in reversed(self.levels)]
        return np.sort(sizes)[::-1], np.array([one for level in by_age for one in level])

    def _drop_oldest(self) -> None:
        while not self.levels[-1].totals:
            self.levels.pop()
        oldest, size = self.levels[-1], 2 ** (len(self.levels) - 1)
        total, spread = oldest.totals.pop(0), oldest.spreads.pop(0)
        self.width -= size
        self.total -= total
        if self.width:
            off = total / size - self.total / self.width
            self.spread -= spread + size * self.width * off * off / (size + self.width)
        if not oldest.totals and len(self.levels) > 1:
            self.levels.pop()
