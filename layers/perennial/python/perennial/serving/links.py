"""From sums to probabilities or estimates, in double precision."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log

_OVERFLOW = log(1.7976931348623157e308)  # the largest double

Link = Callable[[list[float]], list[float]]


def identity(sums: list[float]) -> list[float]:
    """A regression's estimate is the sum itself."""
    return sums


def logistic(sums: list[float]) -> list[float]:
    """One margin → probabilities of the negative and the positive class; never overflows.

    The negative class has what the positive one leaves of 1, as scikit-learn has it: where that
    is nearly nothing, it is only as exact as a double near 1 can be.
    """
    margin = sums[0]
    small = exp(-abs(margin))
    positive = 1 / (1 + small) if margin >= 0 else small / (1 + small)
    return [1 - positive, positive]


def softmax(sums: list[float]) -> list[float]:
    """One margin per class → probabilities; shifted by the largest, so never overflows."""
    largest = max(sums)
    powers = [exp(value - largest) for value in sums]
    total = sum(powers)
    return [power / total for power in powers]


def exponential(sums: list[float]) -> list[float]:
    """A regression whose sum is a logarithm, such as that of a count."""
    return [exp(sums[0]) if sums[0] < _OVERFLOW else inf]


LINKS: dict[str, Link] = {
    "identity": identity,
    "logistic": logistic,
    "softmax": softmax,
    "exponential": exponential,
}
