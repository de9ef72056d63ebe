"""Learning curves of many trials in one chart: all of them faint, the best one strong."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from perennial.report.curves import Series
from perennial.report.svg import RIGHT, TOP, Canvas, Scale

_SPREAD = 0.02  # the share of points that may lie above the chart: first rounds, hopeless trials
_STYLES = ("line first", "line second")


def traces(
    faint: Sequence[Series],
    strong: Sequence[Series],
    *,
    title: str,
    x_label: str,
    y_label: str,
) -> Markup:
    """Lines behind, and up to two before them with a legend.

    Args:
        faint: all trials.
        strong: the best one; its lines are told apart by colour and by dashes.
        title: what is shown.
        x_label: name of the horizontal axis.
        y_label: name of the vertical axis.
    """
    every = [point for one in (*faint, *strong) for point in one.points]
    summary = f"{len(faint)} trials; strong: {', '.join(one.name for one in strong)}"
    canvas = Canvas(title, summary, height=230)
    if not every:
        return canvas.markup()
    heights = sorted(y for _, y in every)
    top = heights[min(int(len(heights) * (1 - _SPREAD)), len(heights) - 1)]
    x = canvas.x(min(x for x, _ in every), max(x for x, _ in every))
    y = canvas.y(heights[0], top)
    canvas.axes(x, y, x_label, y_label)
    for one in faint:
        canvas.line(_points(one, x, y), "trace t2", one.name)
    for one, style in zip(strong, _STYLES, strict=False):
        canvas.line(_points(one, x, y), style)
    for row, (one, style) in enumerate(zip(strong, _STYLES, strict=False)):
        right, at = canvas.width - RIGHT, TOP + 8 + row * 13
        canvas.text(right - 24, at + 3, one.name, "tick halo", "end")
        canvas.line([(right - 20, at), (right - 2, at)], style)
    return canvas.markup()


def _points(one: Series, x: Scale, y: Scale) -> list[tuple[float, float]]:
    return [(x(a), max(y(b), TOP)) for a, b in one.points]
