"""Counts per bin of two samples, brought to a form that tests can rely on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perennial.monitoring.significance import (
    Floats,
    combined,
    homogeneity_test,
    outlier_test,
    score_test,
)
from perennial.monitoring.special import normal_quantile

_EXPECTED = 10.0  # rows a cell of a chi-square test must expect, in the smaller sample
_NUMBER_WEIGHTS = (0.6, 0.2, 0.2)  # location, spread, any other shape
_LABEL_WEIGHTS = (0.5, 0.5)  # all labels together, the one that changed most


def number_probability(reference: Floats, current: Floats) -> float:
    """Probability that binned numbers of two samples differ by chance [bins].

    Three tests in one: normal scores find a shift of location nearly as well as Welch's test
    does on normal data and far better with heavy tails; their squares find a change of spread;
    Pearson's chi-square finds the rest.
    """
    scores = normal_scores(reference + current)
    tests = (
        score_test(reference, current, scores),
        score_test(reference, current, np.abs(scores)),
        homogeneity_test(*neighbours_merged(reference, current)),
    )
    return combined(tests, _NUMBER_WEIGHTS)


def label_probability(reference: Floats, current: Floats) -> float:
    """Probability that the labels of two samples differ by chance [labels]."""
    tests = (
        homogeneity_test(*rare_merged(reference, current)),
        outlier_test(reference, current),
    )
    return combined(tests, _LABEL_WEIGHTS)


def normal_scores(pooled: Floats) -> Floats:
    """Van der Waerden's scores of the middle rank of each bin [bins]."""
    total = float(pooled.sum())
    if total <= 0:
        return np.zeros(len(pooled))
    ranks = (np.cumsum(pooled) - pooled / 2) / total
    least = 0.5 / total
    return np.array([normal_quantile(min(max(r, least), 1 - least)) for r in ranks.tolist()])


def neighbours_merged(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Neighbouring bins put together until each expects enough rows in the smaller sample."""
    pooled = reference + current
    needed = _EXPECTED / _smaller_share(reference, current)
    group = np.zeros(len(pooled), np.int64)
    number, gathered = 0, 0.0
    left = float(pooled.sum())
    for place, rows in enumerate(pooled.tolist()):
        group[place] = number
        gathered += rows
        left -= rows
        if gathered >= needed and left >= needed:
            number, gathered = number + 1, 0.0
    return _grouped(reference, group), _grouped(current, group)


def rare_merged(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Labels too rare to be tested one by one put together."""
    pooled = reference + current
    rare = pooled < _EXPECTED / _smaller_share(reference, current)
    group = np.where(rare, 0, np.cumsum(~rare))
    first, second = _grouped(reference, group), _grouped(current, group)
    if 0 < first[0] + second[0] < _EXPECTED / _smaller_share(reference, current):
        # Even together they are few: they go to the rarest of the others.
        others = first[1:] + second[1:]
        if len(others):
            place = 1 + int(np.argmin(others))
            for counts in (first, second):
                counts[place] += counts[0]
                counts[0] = 0
    return first, second


def shares(counts: Floats) -> Floats:
    """Counts as shares of their sum; of nothing, zeros."""
    total = float(counts.sum())
    return counts / total if total > 0 else np.zeros(len(counts))


def _smaller_share(reference: Floats, current: Floats) -> float:
    n, m = float(reference.sum()), float(current.sum())
    return min(n, m) / (n + m) if min(n, m) > 0 else 1.0


def _grouped(counts: Floats, group: npt.NDArray[np.int64]) -> Floats:
    return np.bincount(group, weights=counts, minlength=1).astype(np.float64)
