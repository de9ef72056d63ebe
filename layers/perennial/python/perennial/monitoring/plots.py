"""The plots of a monitoring report: columns now and in training, the metric over past reports."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from perennial.monitoring.record import Moved, PastPoint, Shape
from perennial.report import Figure, Series, histogram, lines, share, short
from perennial.report.svg import RIGHT, TOP, Canvas
from perennial.spec import Metric

LABELS = 10  # bars of a column of labels
_ROW, _BAR, _NAMES = 24.0, 8.0, 118.0  # heights of a pair and of a bar, room for names
_DAY = 86_400.0


def column(found: Moved) -> Figure | None:
    """One column now beside training; None where there is nothing to draw."""
    if found.shape is None:
        return None
    chart = _numbers(found.name, found.shape) if found.shape.edges else _labels(found)
    return Figure(chart, found.sentence)


def _numbers(name: str, shape: Shape) -> Markup:
    return histogram(
        shape.edges or (),
        [100 * value for value in shape.now],
        title=name,
        x_label=f"{name} (bars: now, outline: training)",
        y_label="% of rows",
        overlay=[100 * value for value in shape.training],
        overlay_name="training",
    )


def _labels(found: Moved) -> Markup:
    shape = found.shape
    if shape is None:
        return Markup("")
    every = zip(shape.labels or (), shape.now, shape.training, strict=True)
    rows = sorted((row for row in every if max(row[1:]) > 0), key=lambda row: -max(row[1:]))
    rows = rows[:LABELS]
    canvas = Canvas(
        found.name,
        "bars: share of the rows now; lines: in training",
        height=TOP + _ROW * len(rows) + 16,
    )
    room = canvas.width - _NAMES - RIGHT - 48
    largest = max([one for row in rows for one in row[1:]], default=1.0) or 1.0
    for place, (label, now, before) in enumerate(rows):
        top = TOP + place * _ROW
        shown = label if len(label) <= 20 else label[:19] + "…"
        canvas.text(_NAMES - 6, top + 11, shown, "tick", "end")
        tip = f"{label}: {share(now)} now, {share(before)} in training"
        canvas.rect(_NAMES, top, room * now / largest, _BAR, "bar", tip)
        at = top + _BAR + 4
        canvas.line([(_NAMES, at), (_NAMES + room * before / largest, at)], "line second")
        beside = _NAMES + room * max(now, before) / largest + 4
        canvas.text(beside, top + 11, share(now), "tick", "start")
    canvas.text(_NAMES, canvas.height - 4, "bars: now, dashes: training", "label", "start")
    return canvas.markup()


def past(
    points: tuple[PastPoint, ...], metric: Metric, floor: float | None, holdout: float | None
) -> Figure | None:
    """The watched metric over reports, with its interval, its floor and the holdout's value."""
    if not points:
        return None
    ends = [datetime.fromisoformat(point.end).timestamp() for point in points]
    days = [(end - ends[-1]) / _DAY for end in ends]
    series = [Series(metric.value, [(d, p.reached) for d, p in zip(days, points, strict=True)])]
    for name, pick in (("95 %, low", "low"), ("95 %, high", "high")):
        bounds = [
            (day, getattr(point.interval, pick))
            for day, point in zip(days, points, strict=True)
            if point.interval is not None
        ]
        series.append(Series(name, bounds))
    wide = (days[0] - 1.0, 0.0) if len(days) == 1 else (days[0], 0.0)
    for name, level in (("floor", floor), ("holdout", holdout)):
        if level is not None and len(series) < 4:
            series.append(Series(name, [(wide[0], level), (wide[1], level)]))
    chart = lines(
        series,
        title=f"{metric.value} over reports",
        x_label="days before the end of this window",
        y_label=metric.value,
        x_range=wide,
    )
    said = f"Latest {short(points[-1].reached)} of version {points[-1].version}."
    return Figure(chart, said + (f" Holdout {short(holdout)}." if holdout is not None else ""))
