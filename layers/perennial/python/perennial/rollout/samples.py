"""Means and their spread, and how far two of them lie apart: all that the tests need to keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of one version, and those it failed.

    Attributes:
        requests: answered or not.
        errors: those that failed on our side; never more than requests.
    """

    requests: int
    errors: int

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= self.requests:
            raise ValueError(f"{self.errors} errors of {self.requests} requests")


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of independent values: how many, their mean, their squared deviations' sum."""

    count: int
    mean: float
    deviations: float

    @classmethod
    def of(cls, values: Floats) -> Sample:
        """The sample of some values; what is not finite is left out."""
        kept = values[np.isfinite(values)]
        if not len(kept):
            return cls(0, 0.0, 0.0)
        mean = float(kept.mean())
        return cls(len(kept), mean, float(((kept - mean) ** 2).sum()))

    def variance(self, prior: float) -> float:
        """Variance of a value, as if there were one more that lies `prior` off the mean.

        So a handful of equal values does not count as certainty.
        """
        return (self.deviations + prior**2) / self.count


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a quantity of the challenger exceeds that of the champion.

    Attributes:
        challenger: units of the challenger (callers, or requests without a caller's name).
        champion: units of the champion.
        estimate: the difference of the means.
        variance: of that estimate, its standard error squared.
        size: units of each, were there as many of both: a half of the harmonic mean for two
            samples, the number of pairs for pairs.
    """

    challenger: int
    champion: int
    estimate: float
    variance: float
    size: float


def apart(challenger: Sample, champion: Sample, *, prior: float, times: float = 1.0) -> Difference:
    """How far the challenger's mean lies above `times` the champion's, of two samples.

    Args:
        challenger: values of the challenger.
        champion: values of the champion.
        prior: a difference that would matter; see `Sample.variance`.
        times: what the champion's values are multiplied with.
    """
    if not challenger.count or not champion.count:
        return Difference(challenger.count, champion.count, 0.0, math.inf, 0.0)
    variance = (
        challenger.variance(prior) / challenger.count
        + times**2 * champion.variance(prior) / champion.count
    )
    size = challenger.count * champion.count / (challenger.count + champion.count)
    estimate = challenger.mean - times * champion.mean
    return Difference(challenger.count, champion.count, estimate, variance, size)


def pairwise(differences: Sample, *, prior: float) -> Difference:
    """How far both lie apart on the same requests."""
    count = differences.count
    if not count:
        return Difference(0, 0, 0.0, math.inf, 0.0)
    variance = differences.variance(prior) / count
    return Difference(count, count, differences.mean, variance, float(count))
