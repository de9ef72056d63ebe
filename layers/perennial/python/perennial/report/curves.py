"""Charts of relations: lines such as ROC, precision-recall and learning curves; calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from perennial.report.numbers import short
from perennial.report.svg import RIGHT, TOP, Canvas, Scale

_STYLES = ("line first", "line second", "line third", "line fourth")
_MAXIMUM_POINTS = 400  # more cannot be told apart at this size and only make the file large


@dataclass(frozen=True, slots=True)
class Series:
    """A named line through (x, y) points, in order. NaN points are left out."""

    name: str
    points: Sequence[tuple[float, float]]


def lines(
    series: Sequence[Series],
    *,
    title: str,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    diagonal: bool = False,
    summary: str = "",
) -> Markup:
    """Up to four lines in one chart, told apart by colour and by dashes.

    Args:
        series: the lines; the first is drawn strongest.
        title: what is shown.
        x_label: name of the horizontal axis.
        y_label: name of the vertical axis.
        x_range: ends of the horizontal axis; from the data when left out.
        y_range: ends of the vertical axis; from the data when left out.
        diagonal: draw the line of chance (ROC) or of truth (calibration) from corner to corner.
        summary: what a screen reader should hear besides the names of the lines.
    """
    kept = [Series(one.name, _thinned(one.points)) for one in series]
    xs = [x for one in kept for x, _ in one.points]
    ys = [y for one in kept for _, y in one.points]
    said = summary or "Lines: " + ", ".join(one.name for one in kept)
    canvas = Canvas(title, said, height=230)
    x = canvas.x(*(x_range or _extent(xs)))
    y = canvas.y(*(y_range or _extent(ys)))
    canvas.axes(x, y, x_label, y_label)
    if diagonal:
        canvas.line([(x(x.low), y(y.low)), (x(x.high), y(y.high))], "diagonal")
    for one, style in zip(kept, _STYLES, strict=False):
        canvas.line([(_kept(x, a), _kept(y, b)) for a, b in one.points], style)
    if len(kept) > 1:
        _legend(canvas, [one.name for one in kept])
    return canvas.markup()


def calibration(
    predicted: Sequence[float],
    observed: Sequence[float],
    rows: Sequence[int],
    *,
    title: str,
    x_label: str = "predicted probability",
    y_label: str = "observed share",
) -> Markup:
    """Mean prediction against observed share per bin; a dot's area is the rows behind it."""
    points = [
        (p, o, n)
        for p, o, n in zip(predicted, observed, rows, strict=True)
        if n > 0 and math.isfinite(p) and math.isfinite(o)
    ]
    canvas = Canvas(
        title, f"{len(points)} bins; on the diagonal the prediction is right", height=230
    )
    x, y = canvas.x(0, 1), canvas.y(0, 1)
    canvas.axes(x, y, x_label, y_label)
    canvas.line([(x(0), y(0)), (x(1), y(1))], "diagonal")
    canvas.line([(x(p), y(o)) for p, o, _ in points], "line first")
    most = max((n for _, _, n in points), default=1)
    for p, o, n in points:
        tip = f"predicted {short(p, 3)}, observed {short(o, 3)}, {n:,} rows"
        canvas.dot(x(p), y(o), 2 + 5 * math.sqrt(n / most), "dot", tip)
    return canvas.markup()


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    finite = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    if len(finite) <= _MAXIMUM_POINTS:
        return finite
    step = (len(finite) - 1) / (_MAXIMUM_POINTS - 1)
    return [finite[round(place * step)] for place in range(_MAXIMUM_POINTS)]


def _extent(values: Sequence[float]) -> tuple[float, float]:
    return (min(values), max(values)) if values else (0.0, 1.0)


def _kept(scale: Scale, value: float) -> float:
    """A position, held inside the plot area."""
    first, last = sorted((scale.start, scale.end))
    return min(max(scale(value), first), last)


def _legend(canvas: Canvas, names: Sequence[str]) -> None:
    right = canvas.width - RIGHT
    for row, (name, style) in enumerate(zip(names, _STYLES, strict=False)):
        at = TOP + 8 + row * 13
        canvas.text(right - 24, at + 3, name, "tick", "end")
        canvas.line([(right - 20, at), (right - 2, at)], style)
