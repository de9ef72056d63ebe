"""Charts of distributions: histograms of numbers, bars of categories."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from perennial.report.labels import room, shortened
from perennial.report.numbers import count, share, short
from perennial.report.svg import RIGHT, TOP, Canvas

_BAR = 18.0  # height of one bar with its gap, viewBox units
_LONGEST = 20  # letters of a label of horizontal bars


def histogram(
    edges: Sequence[float],
    counts: Sequence[float],
    *,
    title: str,
    x_label: str,
    y_label: str = "rows",
    overlay: Sequence[float] | None = None,
    overlay_name: str = "reference",
) -> Markup:
    """Counts between edges; bars of unequal width are drawn by density, so areas compare.

    Args:
        edges: ascending, one more than counts, finite.
        counts: rows in each bin.
        title: what is shown, for the tooltip and the screen reader.
        x_label: name and unit of the quantity.
        y_label: what is counted.
        overlay: counts of another sample in the same bins, drawn as an outline scaled to the
            same area.
        overlay_name: what the outline is.
    """
    total = sum(counts)
    widths = [high - low for low, high in pairwise(edges)]
    even = all(abs(width - widths[0]) <= 1e-6 * abs(widths[0]) for width in widths)
    heights = list(counts) if even else _density(counts, widths)
    outline = _rescaled(overlay, total, None if even else widths) if overlay else []
    summary = f"{short(total)} {y_label} from {short(edges[0])} to {short(edges[-1])}"
    canvas = Canvas(title, summary + (f"; outline: {overlay_name}" if overlay else ""))
    x, y = canvas.x(edges[0], edges[-1]), canvas.y(0, max([*heights, *outline, 0]) or 1)
    canvas.axes(x, y, x_label, y_label if even else f"{y_label} per unit")
    for low, high, rows, height in zip(edges, edges[1:], counts, heights, strict=False):
        tip = f"{short(low)} to {short(high)}: {short(rows)} {y_label}"
        gap = 0.6 if x(high) - x(low) > 3 else 0.0
        canvas.rect(x(low), y(height), x(high) - x(low) - gap, y(0) - y(height), "bar", tip)
    steps = [
        point
        for low, high, height in zip(edges, edges[1:], outline, strict=False)
        for point in ((x(low), y(height)), (x(high), y(height)))
    ]
    canvas.line(steps, "line second")
    return canvas.markup()


def _density(counts: Sequence[float], widths: Sequence[float]) -> list[float]:
    return [rows / width if width > 0 else 0.0 for rows, width in zip(counts, widths, strict=True)]


def _rescaled(counts: Sequence[float], total: float, widths: Sequence[float] | None) -> list[float]:
    factor = total / (sum(counts) or 1)
    scaled = [rows * factor for rows in counts]
    return scaled if widths is None else _density(scaled, widths)


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    title: str,
    value_label: str = "rows",
    shares: bool = False,
) -> Markup:
    """Horizontal bars, one per label, in the order given, each with its value beside it.

    Args:
        labels: names; long ones are shortened, the tooltip has them whole.
        values: not negative.
        title: what is shown.
        value_label: what the values are.
        shares: show each value's share of the sum beside it.
    """
    total, largest = sum(values) or 1, max([*values, 0]) or 1
    summary = f"{len(labels)} bars of {value_label}"
    canvas = Canvas(title, summary, height=TOP + _BAR * max(len(labels), 1) + 6)
    start = room(labels, _LONGEST)
    width = canvas.width - start - RIGHT - 52
    for row, (label, value) in enumerate(zip(labels, values, strict=True)):
        top = TOP + row * _BAR
        said = count(int(value)) if value == int(value) else short(value, 3)
        beside = share(value / total) if shares else said
        tip = (
            f"{label}: {said} {value_label} ({share(value / total)})"
            if shares
            else (f"{label}: {said} {value_label}")
        )
        canvas.text(start - 6, top + 11, shortened(label, _LONGEST), "tick", "end")
        canvas.rect(start, top, width * value / largest, _BAR - 5, "bar", tip)
        canvas.text(start + width * value / largest + 4, top + 11, beside, "tick", "start")
    return canvas.markup()
