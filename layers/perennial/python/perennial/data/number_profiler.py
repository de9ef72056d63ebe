"""Builds the profile of a column of numbers chunk by chunk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.bins import Bins, Floats
from perennial.data.profile import NumberProfile

QUANTILES = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
REFERENCE_BINS = 32
DISPLAY_BINS = 40
MAXIMUM_DISTINCT = 1_000  # different numbers kept to count them
_LOOK = 20_000  # values that may already show there are more


@dataclass(slots=True)
class NumberProfiler:
    """Moments and bins of all values; quantiles and picture come from a sample at the end."""

    nulls: int = 0
    count: int = 0
    mean: float = 0.0
    squares: float = 0.0  # sum of squared distances from the mean
    bins: Bins = field(default_factory=Bins)
    distinct: Floats | None = field(default_factory=lambda: np.empty(0))

    def add(self, values: Floats, nulls: int) -> None:
        """Count the finite values of a chunk, and its nulls."""
        self.nulls += nulls
        if not len(values):
            return
        self._add_moments(values)
        self.bins.add(values, float(values.min()), float(values.max()))
        self._add_distinct(values)

    def _add_moments(self, values: Floats) -> None:
        """Chan, Golub, LeVeque (1983): updating sums of squares, pairwise."""
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(values.mean())
            centred = values - mean
            # Not `np.dot`: its threads would wait for each other as soon as the cores are busy.
            squares = float(np.square(centred, out=centred).sum())
            total = self.count + len(values)
            shift = mean - self.mean
            self.squares += squares + shift * shift * self.count * len(values) / total
            self.mean += shift * len(values) / total
            self.count = total

    def _add_distinct(self, values: Floats) -> None:
        for part in (values[:_LOOK], values[_LOOK:]):
            if self.distinct is None:
                return
            found = pc.unique(pa.array(part)).to_numpy()
            if len(found) <= MAXIMUM_DISTINCT:
                found = np.union1d(self.distinct, found)
            self.distinct = found if len(found) <= MAXIMUM_DISTINCT else None

    def profile(self, sample: Floats) -> NumberProfile:
        """What was found; `sample` holds values of even steps through the column (NaN: none)."""
        sample = sample[np.isfinite(sample)]
        filled = self.count > 0
        edges = self.bins.coarse(REFERENCE_BINS) if filled else np.empty(0)
        shares = _quantiles(sample, QUANTILES).tolist() if len(sample) else []
        picture = _picture(sample, self.bins.low, self.bins.high) if len(sample) else np.empty(0)
        heights = np.histogram(sample, picture)[0] if len(sample) else np.empty(0)
        scale = self.count / max(len(sample), 1)
        return NumberProfile(
            rows=self.count + self.nulls,
            nulls=self.nulls,
            distinct=MAXIMUM_DISTINCT if self.distinct is None else len(self.distinct),
            distinct_exact=self.distinct is not None,
            minimum=self.bins.low if filled else None,
            maximum=self.bins.high if filled else None,
            mean=_finite(self.mean) if filled else None,
            standard_deviation=_finite(_root(self.squares / self.count)) if filled else None,
            quantiles=dict(zip(map(str, QUANTILES), shares, strict=False)),
            edges=tuple(edges.tolist()),
            counts=tuple(self.bins.merged(edges).tolist()),
            display_edges=tuple(picture.tolist()),
            display_counts=tuple((heights * scale).round(1).tolist()),
        )


def _picture(sample: Floats, low: float, high: float) -> Floats:
    """Even edges between the outer permilles: what lies further out would hide the rest.

    Whole numbers get bins of whole width around them; otherwise some bins would hold more of
    them than others for no reason.
    """
    inner = _quantiles(sample, (0.001, 0.999))
    whole = bool(np.all(sample == np.floor(sample)))
    if whole and high - low <= DISPLAY_BINS:
        inner = np.array([low, high])
    with np.errstate(over="ignore"):
        span = float(inner[1] - inner[0])
    if whole and span < 2**52:
        width = max(1.0, np.ceil((span + 1) / DISPLAY_BINS))
        first = np.floor(inner[0]) - 0.5
        return np.arange(first, inner[1] + width, width)
    if not math.isfinite(span) or span <= 0:
        return np.array([inner[0] - 0.5, inner[0] + 0.5])
    return np.linspace(inner[0], inner[1], DISPLAY_BINS + 1)


def _quantiles(sample: Floats, shares: Sequence[float]) -> Floats:
    """Quantiles; of halves, because the difference of two huge numbers is not representable."""
    quantiles: Floats = 2 * np.quantile(sample / 2, shares)
    return quantiles


def _root(value: float) -> float:
    return math.sqrt(value) if value > 0 else value if math.isnan(value) else 0.0


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
