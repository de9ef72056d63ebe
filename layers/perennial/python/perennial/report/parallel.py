"""Parallel coordinates: many trials, each a line through its parameters to what it came to.

Inselberg, "The plane with parallel coordinates", The Visual Computer 1 (1985).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from perennial.report.numbers import short
from perennial.report.svg import Canvas, Scale

Value = float | str | None  # None: the trial has no such parameter

_WIDTH, _HEIGHT = 620.0, 290.0
_SIDE, _CEILING, _FLOOR = 44.0, 44.0, 40.0  # margins, viewBox units
_LOGARITHMIC = 100.0  # the ratio of the ends from which on
_MOST_LABELS = 12  # written at an axis
_SHADES = 5  # of the lines: `t1` the faintest
_LONGEST = 20  # characters of a name or label


@dataclass(frozen=True, slots=True)
class Line:
    """One trial.

    Attributes:
        values: by axis.
        rank: 0 of the worst to 1 of the best; None of one that came to nothing.
        tip: what the tooltip says.
        best: whether to draw it strongest.
    """

    values: Sequence[Value]
    rank: float | None
    tip: str
    best: bool = False


def parallel(axes: Sequence[str], drawn: Sequence[Line], *, title: str) -> Markup:
    """One line per trial, darker the better; those that came to nothing are dashed.

    An axis is of numbers, logarithmic where its ends are far apart, or of labels. A line is at
    "none" below an axis of a parameter it does not have.

    Args:
        axes: names, at least two; the last is usually what the trials came to.
        drawn: the trials; where nothing is drawn over, the order does not matter.
        title: what is shown.
    """
    summary = f"{len(drawn)} trials by {', '.join(axes)}"
    canvas = Canvas(title, summary, width=_WIDTH, height=_HEIGHT)
    step = (_WIDTH - 2 * _SIDE) / max(len(axes) - 1, 1)
    scales = [
        _Axis(name, [line.values[place] for line in drawn], _SIDE + place * step)
        for place, name in enumerate(axes)
    ]
    for line in sorted(drawn, key=lambda one: (one.best, one.rank is not None, one.rank or 0.0)):
        points = [(axis.x, axis.at(value)) for axis, value in zip(scales, line.values, strict=True)]
        canvas.line(points, _style(line), line.tip)
    for place, axis in enumerate(scales):
        axis.draw(canvas, low=place % 2 == 1 and len(scales) > 6)
    return canvas.markup()


def _style(line: Line) -> str:
    if line.best:
        return "trace best"
    if line.rank is None:
        return "trace lost"
    return f"trace t{1 + min(int(line.rank * _SHADES), _SHADES - 1)}"


class _Axis:
    """One vertical axis."""

    def __init__(self, name: str, values: Sequence[Value], x: float) -> None:
        self.x = x
        self._name = name
        self._none = any(value is None for value in values)
        present = [value for value in values if value is not None]
        numbers = [float(value) for value in present if not isinstance(value, str)]
        finite = [value for value in numbers if math.isfinite(value)]
        texts = sorted({str(value) for value in present if isinstance(value, str)})
        # Numbers and words on one axis, such as 0.5 and "sqrt", are all words.
        mixed = sorted({short(value) for value in finite}) if texts else []
        self._labels = [*mixed, *texts]
        ends = (min(finite), max(finite)) if finite else (0.0, 1.0)
        self._log = ends[0] > 0 and ends[1] / ends[0] > _LOGARITHMIC
        self._ends = ends
        bottom = _HEIGHT - _FLOOR
        low, high = (math.log(end) for end in ends) if self._log else ends
        if self._labels:
            low, high = 0.0, float(len(self._labels) - 1)
        self._scale = Scale(low, high, bottom, _CEILING)

    def at(self, value: Value) -> float:
        """How far down a value stands, in the picture's units; below the axis where it is none."""
        if value is None or (not isinstance(value, str) and not math.isfinite(value)):
            return _HEIGHT - _FLOOR + 22
        if self._labels:
            return self._scale(
                self._labels.index(value if isinstance(value, str) else short(value))
            )
        return self._scale(math.log(value) if self._log else float(value))  # type: ignore[arg-type]

    def draw(self, canvas: Canvas, *, low: bool) -> None:
        """The axis with its name and its ends, over the lines."""
        bottom = _HEIGHT - _FLOOR
        canvas.line([(self.x, _CEILING), (self.x, bottom)], "axis")
        name = self._name if len(self._name) <= _LONGEST else self._name[: _LONGEST - 1] + "…"
        canvas.text(self.x, 12 if low else 25, name, "label halo")
        if self._labels:
            for label in self._labels[:_MOST_LABELS]:
                at = self.at(label)  # beside the ends of the next axis there stand numbers
                at += {bottom: -5, _CEILING: 11}.get(at, 3)
                canvas.text(self.x + 4, at, label[:_LONGEST], "tick halo", "start")
        else:
            low_end, high_end = self._ends
            if high_end == low_end:
                canvas.text(
                    self.x + 4, self.at(low_end) + 3, short(low_end, 3), "tick halo", "start"
                )
            else:
                canvas.text(self.x, _CEILING - 5, short(high_end, 3), "tick halo")
                canvas.text(self.x, bottom + 11, short(low_end, 3), "tick halo")
            if self._log:
                middle = math.sqrt(low_end * high_end)
                canvas.text(self.x + 4, self.at(middle) + 3, short(middle, 2), "tick halo", "start")
        if self._none:
            canvas.text(self.x, _HEIGHT - 4, "none", "tick halo")
