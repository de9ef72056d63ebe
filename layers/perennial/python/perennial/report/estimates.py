"""A chart of estimates: a dot for each, and a line over the interval where it may lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from perennial.report.labels import room, shortened
from perennial.report.numbers import short
from perennial.report.svg import RIGHT, TOP, Canvas, Scale, ticks

_ROW = 18.0  # height of one estimate, viewBox units
_FLOOR = 34.0  # room for the axis
_LONGEST = 22  # letters of a label


@dataclass(frozen=True, slots=True)
class Estimated:
    """One row of the chart; `firm` is false where it rests on too few rows to judge by."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    firm: bool = True


def estimates(rows: Sequence[Estimated], *, title: str, x_label: str, zero: bool = False) -> Markup:
    """Estimates below each other on one scale.

    Args:
        rows: from top to bottom; one at least.
        title: what is shown.
        x_label: name of the scale.
        zero: whether the scale takes in 0, which is then marked.
    """
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    ends += [0.0] if zero else []
    said = "; ".join(f"{row.label} {short(row.value, 3)}" for row in rows)
    canvas = Canvas(title, said, height=TOP + _ROW * len(rows) + _FLOOR)
    names = room([row.label for row in rows], _LONGEST)
    scale = Scale(min(ends), max(ends), names + 6, canvas.width - RIGHT - 6)
    floor = TOP + _ROW * len(rows)
    _axis(canvas, scale, floor, x_label)
    if zero:
        canvas.line([(scale(0.0), TOP), (scale(0.0), floor)], "axis")
    for place, row in enumerate(rows):
        _estimate(canvas, scale, row, TOP + _ROW * (place + 0.5))
    return canvas.markup()


def _axis(canvas: Canvas, scale: Scale, floor: float, label: str) -> None:
    for tick in ticks(scale.low, scale.high, 5):
        at = scale(tick)
        canvas.line([(at, TOP), (at, floor)], "grid")
        canvas.text(at, floor + 12, short(tick, 3))
    canvas.text((scale.start + scale.end) / 2, floor + 26, label, "label")


def _estimate(canvas: Canvas, scale: Scale, row: Estimated, at: float) -> None:
    tip = f"{row.label}: {short(row.value, 3)}"
    if row.low is not None and row.high is not None:
        canvas.line([(scale(row.low), at), (scale(row.high), at)], _style(row))
        tip += f", 95 % interval {short(row.low, 3)} to {short(row.high, 3)}"
    tip += "" if row.firm else "; too few rows to judge"
    canvas.dot(scale(row.value), at, 4 if row.firm else 2.5, "dot", tip)
    canvas.text(scale.start - 12, at + 3, shortened(row.label, _LONGEST), "tick", "end")


def _style(row: Estimated) -> str:
    return "line first" if row.firm else "diagonal"
