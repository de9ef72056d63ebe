"""How far a metric might have come out otherwise: resampling the rows it was computed on.

Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979). Metrics
that are resampled together see the same samples, so that the interval of their difference is
that of a paired comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import numpy as np

from perennial.evaluation.measure import Floats, Measure

Name = TypeVar("Name")

SAMPLES = 1000
FEWEST_SAMPLES = 50
FEWEST_FOR_QUANTILES = 200
# Rows drawn in all: with many rows an interval is narrow and needs fewer samples to be steady.
BUDGET = 5_000_000
AT_ONCE = 1_000_000  # weights held in memory at a time
LEVEL = 0.95
NORMAL_QUANTILE = 1.959964  # of (1 + LEVEL) / 2


def resample(measures: Mapping[Name, Measure], rows: int, seed: int) -> dict[Name, Floats]:
    """Each metric on the same bootstrap samples: [samples]."""
    parts: dict[Name, list[Floats]] = {name: [] for name in measures}
    for weights in _samples(rows, seed):
        for name, measure in measures.items():
            parts[name].append(measure(weights))
    return {name: np.concatenate(part) for name, part in parts.items()}


def _samples(rows: int, seed: int) -> Iterator[Floats]:
    """How often each row was drawn: [some samples, rows], until there are enough."""
    random = np.random.default_rng(seed)
    wanted = int(np.clip(BUDGET // rows, FEWEST_SAMPLES, SAMPLES))
    step = max(1, AT_ONCE // rows)
    for start in range(0, wanted, step):
        drawn = random.integers(0, rows, (min(step, wanted - start), rows))
        counts = [np.bincount(sample, minlength=rows) for sample in drawn]
        yield np.array(counts, dtype=np.float64)


def interval(values: Floats) -> tuple[float, float] | None:
    """Where 95 % of the samples lie; None when the metric was hardly ever defined.

    Their quantiles when there are enough of them for that. Few are drawn of many rows only,
    where a metric is as good as normally distributed and some dozens of samples give its
    standard error: Efron and Tibshirani, "An introduction to the bootstrap" (1993), 6.4 and 13.3.
    """
    defined = values[np.isfinite(values)]
    if len(defined) < max(2, len(values) / 2):
        return None
    if len(defined) < FEWEST_FOR_QUANTILES:
        middle, half = defined.mean(), NORMAL_QUANTILE * defined.std(ddof=1)
        return float(middle - half), float(middle + half)
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
