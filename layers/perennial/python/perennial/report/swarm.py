"""A swarm: what each feature adds to the predictions, one point for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from perennial.report.labels import shortened
from perennial.report.numbers import short
from perennial.report.svg import BOTTOM, RIGHT, TOP, Canvas

_ROW = 22.0  # height of one feature, viewBox units
_NAMES = 130.0
_LANES = 7  # points that may stand above each other
_BINS = 90  # of the width


@dataclass(frozen=True, slots=True)
class Swarm:
    """One feature: its points as (contribution, place of the value from 0 to 1 or None)."""

    name: str
    points: Sequence[tuple[float, float | None]]


def swarms(features: Sequence[Swarm], *, title: str, x_label: str) -> Markup:
    """Points of several features over one scale; darker points are larger values.

    Args:
        features: the first stands on top.
        title: what is shown.
        x_label: name and unit of the contributions.
    """
    height = TOP + _ROW * max(len(features), 1) + BOTTOM
    names = ", ".join(one.name for one in features)
    canvas = Canvas(title, f"Points of {names}", width=680.0, height=height)
    every = [value for one in features for value, _ in one.points]
    low, high = min([*every, 0.0]), max([*every, 0.0])
    margin = (high - low) * 0.03 or 1.0
    scale = canvas.x(low - margin, high + margin)
    scale = type(scale)(scale.low, scale.high, _NAMES, canvas.width - RIGHT)
    canvas.x_axis(scale, x_label)
    canvas.line([(scale(0.0), TOP), (scale(0.0), height - BOTTOM)], "diagonal")
    for row, one in enumerate(features):
        middle = TOP + (row + 0.5) * _ROW
        canvas.text(_NAMES - 8, middle + 3, shortened(one.name, 21), "tick", "end")
        taken: dict[int, int] = {}
        for value, place in one.points:
            x = scale(value)
            bin_ = int((x - _NAMES) / (canvas.width - RIGHT - _NAMES) * _BINS)
            stacked = taken[bin_] = taken.get(bin_, 0) + 1
            lane = stacked % _LANES
            offset = ((lane + 1) // 2) * (1 if lane % 2 else -1) * 2.3
            tip = f"{one.name}: {short(value, 3)}"
            canvas.dot(x, middle + offset, 1.9, _shade(place), tip)
    return canvas.markup()


def _shade(place: float | None) -> str:
    """The style of a point: four steps from small to large values, and one for none."""
    if place is None:
        return "swarm"
    return f"swarm step{min(int(place * 4), 3)}"
