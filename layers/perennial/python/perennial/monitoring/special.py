"""Tail probabilities that the tests of drift need; Lambda has no scipy."""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300
_PRECISION = 1e-15
_ROUNDS = 100_000  # more than any number of degrees of freedom here needs


def normal_tail(z: float) -> float:
    """P(Z > z) of a standard normal variable."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def normal_quantile(probability: float) -> float:
    """The value below which a standard normal variable lies with this probability, in (0, 1)."""
    return _NORMAL.inv_cdf(probability)


def normal_density(z: float) -> float:
    """Density of a standard normal variable."""
    return math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def chi_square_tail(value: float, freedom: float) -> float:
    """P(X > value) of a chi-square variable; `freedom` may be any positive number.

    The incomplete gamma function by its series below the mean and by its continued fraction
    above (Abramowitz and Stegun, 6.5.29 and 6.5.31, the latter after Lentz).
    """
    if value <= 0:
        return 1.0
    a, x = freedom / 2, value / 2
    if math.isinf(x):
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        return min(1.0, max(0.0, 1.0 - front * _series(a, x)))
    return min(1.0, front * _fraction(a, x))


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    for n in range(1, _ROUNDS):
        term *= x / (a + n)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    found = d
    for n in range(1, _ROUNDS):
        step = -n * (n - a)
        b += 2
        d = 1 / _away_from_zero(step * d + b)
        c = _away_from_zero(b + step / c)
        found *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return found


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
