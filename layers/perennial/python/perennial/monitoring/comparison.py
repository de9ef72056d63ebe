"""One column of a window beside its reference: effect size, probability, a picture of both."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from perennial.data.profile import NumberProfile
from perennial.monitoring.binned import label_probability, number_probability, shares
from perennial.monitoring.distances import (
    MINIMUM_CATEGORY_EFFECT,
    MINIMUM_NUMBER_EFFECT,
    category_effect,
    number_effect,
    wasserstein,
)
from perennial.monitoring.labels import LabelWindow
from perennial.monitoring.numbers import NumberWindow
from perennial.monitoring.record import Shape
from perennial.monitoring.significance import Floats
from perennial.spec.monitoring import Drift, NumberTest

_INNER = (0.05, 0.95, 3.2897)  # quantiles, and how far apart they are in a normal distribution
_LARGEST = 1e9  # effects beyond say no more
_BARS = 20
_LABELS_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Compared:
    """How one column of the window differs from its reference.

    Attributes:
        statistic: what the effect is measured by.
        effect: its size.
        minimum: what matters.
        probability: of such a difference by chance, not corrected for looking at others.
    """

    statistic: str
    effect: float
    minimum: float
    probability: float


def compare(window: NumberWindow | LabelWindow, spec: Drift) -> Compared | None:
    """Compare a window with its reference; None where the reference does not allow it."""
    if isinstance(window, NumberWindow):
        return _compare_numbers(window, spec)
    both = window.compared()
    if both is None:
        return None
    minimum = spec.minimum_effect or MINIMUM_CATEGORY_EFFECT[spec.categories]
    effect = category_effect(spec.categories, *both)
    return Compared(spec.categories.value, effect, minimum, label_probability(*both))


def _compare_numbers(window: NumberWindow, spec: Drift) -> Compared:
    reference, current = window.reference.counts, window.counts.astype(np.float64)
    moved = _earth_moved(window) if spec.numbers is NumberTest.WASSERSTEIN else 0.0
    effect = number_effect(spec.numbers, reference, current, moved)
    minimum = spec.minimum_effect or MINIMUM_NUMBER_EFFECT[spec.numbers]
    probability = number_probability(reference, current)
    return Compared(spec.numbers.value, min(effect, _LARGEST), minimum, probability)


def _earth_moved(window: NumberWindow) -> float:
    """Wasserstein's distance in robust standard deviations of the reference.

    Between the outer edges of the profile it follows from the bins. Beyond them, where bins are
    wide and few, the distance of the distribution functions is taken to fall off as the reference
    does; beyond the reference's own range the window's values were added up as they came.
    """
    edges, reference = window.reference.edges, window.reference.counts
    current = window.counts.astype(np.float64)
    if len(edges) < 2 or not window.count:
        return 0.0
    profile = window.reference.profile
    inner = edges[1:-1]
    area = wasserstein(_joined(reference), _joined(current), inner)
    if len(inner):
        apart = np.cumsum(shares(current))[:-1] - np.cumsum(shares(reference))[:-1]
        beyond = shares(current)[[0, -1]]
        area += max(0.0, abs(float(apart[1])) - beyond[0]) * _tail(profile, inner[0], lower=True)
        area += max(0.0, abs(float(apart[-2])) - beyond[1]) * _tail(profile, inner[-1], lower=False)
    area += window.excess / window.count
    if profile.mean is not None:
        # Never less than the means are apart, however little the bins know of the tails.
        area = max(area, abs(window.mean - profile.mean))
    scale = _scale(profile)
    if not scale:
        return _LARGEST if area > 0 else 0.0
    found = area / scale
    return found if math.isfinite(found) else _LARGEST


def _joined(counts: Floats) -> Floats:
    """The bins beyond the range of the reference put to their neighbours."""
    inner = counts[1:-1].copy()
    inner[0] += counts[0]
    inner[-1] += counts[-1]
    return inner


def _tail(profile: NumberProfile, edge: float, *, lower: bool) -> float:
    """Area under the reference's tail beyond an edge, over its height there."""
    below = float(sum(np.array(profile.counts)[: _place(profile, edge)])) / max(
        1, profile.rows - profile.nulls
    )
    height = below if lower else 1 - below
    end = profile.minimum if lower else profile.maximum
    if height <= 0 or end is None:
        return 0.0
    points = [(end, 0.0), (edge, height)]
    for share, value in profile.quantiles.items():
        beyond = float(share) if lower else 1 - float(share)
        outside = (end < value < edge) if lower else (edge < value < end)
        if beyond < height and outside:
            points.append((value, beyond))
    points.sort()
    x, y = np.array(points).T
    with np.errstate(over="ignore", invalid="ignore"):
        area = float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum()) / height
    return area if math.isfinite(area) else 0.0


def _place(profile: NumberProfile, edge: float) -> int:
    return int(np.searchsorted(np.array(profile.edges), edge)) + 1


def _scale(profile: NumberProfile) -> float:
    """The standard deviation, or a smaller one that a few far values do not inflate."""
    low, high = (profile.quantiles.get(str(share)) for share in _INNER[:2])
    spread = profile.standard_deviation or 0.0
    robust = 0.0 if low is None or high is None else high / _INNER[2] - low / _INNER[2]
    return min(spread, robust) if spread > 0 and robust > 0 else max(spread, robust)


def picture(window: NumberWindow | LabelWindow) -> Shape | None:
    """Shares of the window and of the reference in the same bins, for a plot."""
    if isinstance(window, LabelWindow):
        return _labels_shown(window)
    edges, profile = window.reference.edges, window.reference.profile
    wanted = np.array(profile.display_edges)
    if len(edges) < 2 or len(wanted) < 2 or not window.count:
        return None
    wanted = wanted[:: max(1, (len(wanted) - 1) // _BARS)]
    if not np.all(np.diff(wanted) > 0):
        return None
    now, then = (
        np.diff(np.interp(wanted, edges, np.cumsum(shares(counts))[:-1]))
        for counts in (window.counts.astype(np.float64), window.reference.counts)
    )
    return Shape(edges=_rounded(wanted), now=_rounded(now), training=_rounded(then))


def _labels_shown(window: LabelWindow) -> Shape | None:
    known = np.array([*window.reference.profile.counts.values(), window.reference.profile.other])
    then, now = shares(known.astype(np.float64)), shares(window.counts.astype(np.float64))
    if not window.count:
        return None
    order = np.argsort(-np.maximum(then, now)[:-1], kind="stable")[:_LABELS_SHOWN]
    labels = [window.reference.labels[place] for place in order]
    others = [1 - float(one[order].sum()) for one in (now, then)]
    return Shape(
        labels=(*labels, "all others"),
        now=(*_rounded(now[order]), max(0.0, others[0])),
        training=(*_rounded(then[order]), max(0.0, others[1])),
    )


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values.tolist())
