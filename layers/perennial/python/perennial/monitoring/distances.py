"""How far two samples are from each other: effect sizes, which do not grow with the rows.

Where chance alone makes a statistic positive, what it brings on average is taken off, so that a
small window does not look like a large drift. The default thresholds are one and the same: what a
shift of a normal column by a twentieth of its standard deviation does to each statistic.
"""

from __future__ import annotations

import math

import numpy as np

from perennial.monitoring.binned import shares
from perennial.monitoring.significance import Floats
from perennial.spec.monitoring import CategoryTest, NumberTest

PSI_BINS = 10  # as in the usual reading of the statistic
MINIMUM_NUMBER_EFFECT = {
    NumberTest.WASSERSTEIN: 0.05,
    NumberTest.KOLMOGOROV_SMIRNOV: 0.02,
    NumberTest.PSI: 0.0025,
    NumberTest.JENSEN_SHANNON: 0.02,
}
MINIMUM_CATEGORY_EFFECT = {
    CategoryTest.CHI_SQUARE: 0.025,
    CategoryTest.PSI: 0.0025,
    CategoryTest.JENSEN_SHANNON: 0.02,
}


def kolmogorov_smirnov(reference: Floats, current: Floats) -> float:
    """Largest distance of the distribution functions at the edges of the bins, 0 to 1."""
    apart = np.cumsum(shares(reference)) - np.cumsum(shares(current))
    return float(np.abs(apart).max(initial=0.0))


def jensen_shannon(reference: Floats, current: Floats) -> float:
    """Square root of the Jensen-Shannon divergence in bits, 0 to 1 (Lin, 1991)."""
    p, q = shares(reference), shares(current)
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.nan_to_num(p * np.log2(p / middle)) + np.nan_to_num(q * np.log2(q / middle))
    chance = _chance(reference, current) / (8 * math.log(2))
    return math.sqrt(max(0.0, float(parts.sum()) / 2 - chance))


def population_stability(reference: Floats, current: Floats) -> float:
    """Population stability index; half a row is added to each bin, so none is empty."""
    p, q = shares(reference + 0.5), shares(current + 0.5)
    index = float(((q - p) * np.log(q / p)).sum())
    return max(0.0, index - _chance(reference, current))


def cramers_v(reference: Floats, current: Floats) -> float:
    """Cramer's V of label against sample, as if both samples were equally large, 0 to 1."""
    p, q = shares(reference), shares(current)
    kept = (p + q) > 0
    squared = float(((p - q)[kept] ** 2 / (p + q)[kept]).sum()) / 2
    return math.sqrt(min(1.0, max(0.0, squared - _chance(reference, current) / 4)))


def wasserstein(reference: Floats, current: Floats, edges: Floats) -> float:
    """Area between two distribution functions from the first edge to the last, in its units.

    Between edges both functions are taken for straight lines.

    Args:
        reference: rows per bin [edges + 1].
        current: rows per bin [edges + 1].
        edges: of the bins, ascending.
    """
    if len(edges) < 2:
        return 0.0
    apart = np.cumsum(shares(current))[:-1] - np.cumsum(shares(reference))[:-1]
    left, right = np.abs(apart[:-1]), np.abs(apart[1:])
    both = np.maximum(left + right, np.finfo(np.float64).tiny)
    crossed = apart[:-1] * apart[1:] < 0
    heights = np.where(crossed, (left**2 + right**2) / (2 * both), both / 2)
    with np.errstate(over="ignore"):
        return float((heights * np.diff(edges)).sum())


def coarser(reference: Floats, current: Floats, bins: int) -> tuple[Floats, Floats]:
    """Neighbouring bins put together to about even shares of the reference."""
    cumulative = np.cumsum(shares(reference))
    middle = cumulative - shares(reference) / 2
    group = np.minimum((middle * bins).astype(np.int64), bins - 1)
    return (
        np.bincount(group, weights=reference, minlength=bins).astype(np.float64),
        np.bincount(group, weights=current, minlength=bins).astype(np.float64),
    )


def number_effect(
    test: NumberTest, reference: Floats, current: Floats, earth_moved: float
) -> float:
    """The effect size a spec asks for, of binned numbers; `earth_moved` is Wasserstein's."""
    if test is NumberTest.WASSERSTEIN:
        return earth_moved
    if test is NumberTest.KOLMOGOROV_SMIRNOV:
        return kolmogorov_smirnov(reference, current)
    if test is NumberTest.PSI:
        return population_stability(*coarser(reference, current, PSI_BINS))
    return jensen_shannon(reference, current)


def category_effect(test: CategoryTest, reference: Floats, current: Floats) -> float:
    """The effect size a spec asks for, of labels."""
    if test is CategoryTest.CHI_SQUARE:
        return cramers_v(reference, current)
    if test is CategoryTest.PSI:
        return population_stability(reference, current)
    return jensen_shannon(reference, current)


def _chance(reference: Floats, current: Floats) -> float:
    """What the chi-square distance of shares is on average without any drift."""
    n, m = float(reference.sum()), float(current.sum())
    if n <= 0 or m <= 0:
        return 0.0
    filled = int(((reference + current) > 0).sum())
    return (filled - 1) * (1 / n + 1 / m)
