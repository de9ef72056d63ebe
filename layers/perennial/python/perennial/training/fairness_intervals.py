"""Intervals for rates and means of groups, small ones too, and for the distance between them.

A distance is put together from the limits of its two parts (MOVER): Zou and Donner, "Construction
of confidence limits about effect measures", Statistics in Medicine 27 (2008). With Wilson's limits
for a rate, the difference of two is Newcombe's method 10, "Interval estimation for the difference
between independent proportions", Statistics in Medicine 17 (1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.special import stdtrit

from perennial.evaluation.measure import Floats

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Limits:
    """A number per group and where it may lie: [groups], NaN where it is undefined."""

    values: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the groups lie apart, and between which two."""

    value: float
    low: float
    high: float
    smallest: int
    largest: int


def of_one(level: float = LEVEL) -> float:
    """The probability beyond either limit of an interval."""
    return (1 - level) / 2


def of_pairs(groups: int, families: int = 1, level: float = LEVEL) -> float:
    """The same for one of many: every two groups are compared, in some measures (Bonferroni)."""
    return of_one(level) / max(groups * (groups - 1) // 2 * families, 1)


def rates(hits: Floats, rows: Floats, tail: float) -> Limits:
    """Shares of rows with Wilson's limits: "Probable inference", JASA 22 (1927).

    Args:
        hits: rows that count, [groups].
        rows: of which they are, [groups]; where there are none, the share is undefined.
        tail: probability beyond either limit.
    """
    z = -NormalDist().inv_cdf(tail)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / rows
        middle = (hits + z * z / 2) / (rows + z * z)
        half = z / (rows + z * z) * np.sqrt(hits * (rows - hits) / rows + z * z / 4)
    # At the ends the limit is the share itself; rounding must not tell otherwise.
    low = np.where(hits == 0, 0.0, np.maximum(middle - half, 0.0))
    high = np.where(hits == rows, 1.0, np.minimum(middle + half, 1.0))
    unknown = rows == 0
    return Limits(share, np.where(unknown, np.nan, low), np.where(unknown, np.nan, high))


def means(sums: Floats, squares: Floats, rows: Floats, tail: float) -> Limits:
    """Means with Student's limits.

    Args:
        sums: of the values, [groups].
        squares: sums of squared deviations from the group's mean, [groups].
        rows: of each group; below 2 the mean has no limits.
        tail: probability beyond either limit.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / rows
        error = np.sqrt(squares / (rows - 1) / rows)
        half = -stdtrit(np.maximum(rows - 1, 1), tail) * np.where(rows < 2, np.nan, error)
    return Limits(mean, mean - half, mean + half)


def difference(parts: Limits) -> Spread:
    """The largest difference between any two groups; at least two have a value.

    With limits at the level of `of_pairs`, all pairs are within theirs at once, and so is the
    largest of them between the largest of the lower and the largest of the upper limits.
    """
    mine, other = parts.values[:, None], parts.values[None, :]
    down = np.hypot(mine - parts.low[:, None], parts.high[None, :] - other)
    up = np.hypot(parts.high[:, None] - mine, other - parts.low[None, :])
    apart = mine - other
    low = max(_largest(apart - down), 0.0)
    return _spread(parts, _largest(apart), low, _largest(apart + up))


def ratio(parts: Limits) -> Spread:
    """The smallest ratio between any two groups, never above 1; values are not negative.

    Limits as of `difference`, over logarithms. Of two groups that both have 0 the ratio is 1.
    """
    logs = [_log(one) for one in (parts.values, parts.low, parts.high)]
    mine, mine_low, mine_high = (one[:, None] for one in logs)
    other, other_low, other_high = (one[None, :] for one in logs)
    with np.errstate(invalid="ignore"):
        apart = np.where((mine == other), 0.0, mine - other)
        down = np.hypot(mine - mine_low, other_high - other)
        up = np.hypot(mine_high - mine, other - other_low)
        low = np.where(np.isfinite(apart) & np.isfinite(down), apart - down, -np.inf)
        wide = np.where(np.isfinite(up), apart + up, mine_high - other_low)
    np.fill_diagonal(apart, 0.0)
    np.fill_diagonal(low, np.inf)
    np.fill_diagonal(wide, np.inf)
    highest = float(np.exp(min(np.nanmin(wide), 0.0)))
    value = float(np.exp(min(np.nanmin(apart), 0.0)))
    return _spread(parts, value, float(np.exp(min(np.nanmin(low), 0.0))), max(highest, value))


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.maximum(values, 0.0)))


def _largest(pairs: Floats) -> float:
    return float(np.nanmax(pairs + np.where(np.eye(len(pairs), dtype=bool), -np.inf, 0.0)))


def _spread(parts: Limits, value: float, low: float, high: float) -> Spread:
    ends = int(np.nanargmin(parts.values)), int(np.nanargmax(parts.values))
    return Spread(value, low, high, *ends)
