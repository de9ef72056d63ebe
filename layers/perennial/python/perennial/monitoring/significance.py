"""Whether two samples differ by more than chance: tests that take both for what they are, samples.

All of them condition on the pooled counts, so neither side is ever taken for the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from perennial.monitoring.special import chi_square_tail, normal_density, normal_tail

Floats = npt.NDArray[np.float64]
_LEVEL = 1e-24  # of a variance that is rounding only
_LEAST = 1e-300  # probabilities below say no more
_MOST = 0.9  # one test that finds nothing must not silence the others


def score_test(reference: Floats, current: Floats, scores: Floats) -> float:
    """Two-sided probability that the mean score of two samples differs by chance.

    The linear rank statistic of two binned samples under permutation of the pooled rows, with
    its exact variance and a correction of first order for its skewness, taken only where it
    raises the probability (Hajek, Sidak, Sen, Theory of Rank Tests, 1999, section 3.3; the
    third cumulant of a sum drawn without replacement as in Bickel and van Zwet, 1978).

    Args:
        reference: rows of the reference per bin [bins].
        current: rows of the window per bin [bins].
        scores: of the bins [bins].
    """
    pooled = reference + current
    total, drawn = float(pooled.sum()), float(current.sum())
    if total < 3 or drawn <= 0 or drawn >= total:
        return 1.0
    centred = scores - float((pooled * scores).sum()) / total
    spread = float((pooled * centred**2).sum()) / total
    if spread <= _LEVEL * max(1.0, float(np.abs(scores).max()) ** 2):
        return 1.0
    variance = drawn * (total - drawn) / (total - 1) * spread
    z = float((current * centred).sum()) / math.sqrt(variance)
    asymmetry = float((pooled * centred**3).sum()) / total / math.pow(spread, 1.5)
    skewness = asymmetry * (total - 2 * drawn) / math.sqrt(drawn * (total - drawn) * total)
    lean = math.copysign(1.0, z) * skewness / 6 * (z * z - 1)
    return min(1.0, 2 * (normal_tail(abs(z)) + max(0.0, lean) * normal_density(z)))


def homogeneity_test(reference: Floats, current: Floats) -> float:
    """Probability that two rows of counts differ by chance (Pearson's chi-square).

    Scaled to its exact mean under permutation. Expected counts should not be below ten or so:
    `perennial.monitoring.binned` sees to that.
    """
    pooled = reference + current
    kept = pooled > 0
    reference, current, pooled = reference[kept], current[kept], pooled[kept]
    n, m = float(reference.sum()), float(current.sum())
    if len(pooled) < 2 or n <= 0 or m <= 0:
        return 1.0
    expected = pooled * (m / (n + m))
    # Of a cell, reference and window deviate by the same number of rows.
    statistic = float(((current - expected) ** 2 / expected).sum()) * (n + m) / n
    statistic *= (n + m - 1) / (n + m)
    return chi_square_tail(statistic, len(pooled) - 1)


def share_test(hits: float, rows: float, reference_hits: float, reference_rows: float) -> float:
    """One-sided probability that the share of hits in the window is higher by chance alone.

    The signed root of the deviance of a two by two table, half a hit taken off: close to the
    exact test far out in the tail, where a normal approximation of counts is not
    (Barndorff-Nielsen and Cox, Inference and Asymptotics, 1994, section 4.4).
    """
    total, hit = rows + reference_rows, hits + reference_hits
    if rows <= 0 or reference_rows <= 0 or hit <= 0 or hit >= total:
        return 1.0
    expected = hit * rows / total
    seen = hits - 0.5
    if seen <= expected:
        return 1.0
    table = (seen, hit - seen, rows - seen, total - rows - hit + seen)
    means = (expected, hit - expected, rows - expected, total - rows - hit + expected)
    deviance = sum(_deviance(a, b) for a, b in zip(table, means, strict=True))
    return normal_tail(math.sqrt(max(0.0, 2 * deviance)))


def outlier_test(reference: Floats, current: Floats) -> float:
    """Probability that the label whose share changed most did so by chance (Bonferroni)."""
    n, m = float(reference.sum()), float(current.sum())
    kept = (reference + current) > 0
    if n <= 0 or m <= 0 or kept.sum() < 2:
        return 1.0
    least = min(
        min(share_test(b, m, a, n), share_test(m - b, m, n - a, n))
        for a, b in zip(reference[kept].tolist(), current[kept].tolist(), strict=True)
    )
    return min(1.0, 2 * int(kept.sum()) * least)


def combined(probabilities: Sequence[float], weights: Sequence[float]) -> float:
    """One probability from several tests of the same data, however they depend on each other.

    The Cauchy combination (Liu and Xie, 2020, JASA 115), truncated above; weights add up to one.
    """
    statistic = 0.0
    for probability, weight in zip(probabilities, weights, strict=True):
        p = min(max(probability, _LEAST), _MOST)
        # Of the smallest ones the tangent is the reciprocal, without loss of digits.
        statistic += weight * (1 / (p * math.pi) if p < 1e-8 else math.tan((0.5 - p) * math.pi))
    if statistic > 1e8:
        return 1 / (statistic * math.pi)
    return min(1.0, max(0.0, 0.5 - math.atan(statistic) / math.pi))


def holm(probabilities: Sequence[float]) -> list[float]:
    """Probabilities adjusted for being many (Holm, 1979): below a level all at once, or not."""
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    adjusted, highest = [1.0] * len(probabilities), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, probabilities[place] * (len(order) - rank)))
        adjusted[place] = highest
    return adjusted


def _deviance(seen: float, expected: float) -> float:
    return seen * math.log(seen / expected) if seen > 0 and expected > 0 else 0.0
