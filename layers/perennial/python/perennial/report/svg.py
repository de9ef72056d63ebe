"""The drawing ground of every chart: size, scales, axes and the words a screen reader gets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from perennial.report.numbers import short

LEFT, RIGHT, TOP, BOTTOM = 56.0, 10.0, 10.0, 34.0  # margins in viewBox units


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from data (`low` to `high`) to the drawing (`start` to `end`)."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Position of a value; a scale without extent puts everything in its middle."""
        # Each term is divided first: the difference of two huge numbers is not representable.
        extent = self.high / 2 - self.low / 2
        if extent == 0:  # also of two subnormal neighbours, whose halves round to the same number
            return (self.start + self.end) / 2
        return self.start + (self.end - self.start) * ((value / 2 - self.low / 2) / extent)


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) between `low` and `high`."""
    span = high - low
    if not math.isfinite(span) or span <= 0 or span < abs(high) * 1e-12:
        return [low]
    raw = span / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    if power == 0:
        return [low, high]
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [
        round(number * step, 12) if step > 1e-9 else number * step
        for number in range(first, last + 1)
    ]


@dataclass(slots=True)
class Canvas:
    """An SVG under construction. Everything drawn is escaped; colours come from the page's CSS."""

    title: str
    summary: str
    width: float = 340.0
    height: float = 190.0
    parts: list[str] = field(default_factory=list)

    def x(self, low: float, high: float) -> Scale:
        """A horizontal scale over the plot area."""
        return Scale(low, high, LEFT, self.width - RIGHT)

    def y(self, low: float, high: float) -> Scale:
        """A vertical scale over the plot area, upwards."""
        return Scale(low, high, self.height - BOTTOM, TOP)

    def rect(self, x: float, y: float, width: float, height: float, css: str, tip: str) -> None:
        """A bar with a tooltip."""
        self.parts.append(
            f'<rect class="{css}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" '
            f'height="{max(height, 0):.1f}"><title>{escape(tip)}</title></rect>'
        )

    def line(self, points: Sequence[tuple[float, float]], css: str, tip: str = "") -> None:
        """A line through points given in drawing units; through one point, a dash."""
        if len(points) == 1:
            ((x, y),) = points
            points = [(x - 4, y), (x + 4, y)]
        if points:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            told = f"><title>{escape(tip)}</title></polyline>" if tip else "/>"
            self.parts.append(f'<polyline class="{css}" points="{path}"{told}')

    def dot(self, x: float, y: float, radius: float, css: str, tip: str) -> None:
        """A point with a tooltip."""
        self.parts.append(
            f'<circle class="{css}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
            f"<title>{escape(tip)}</title></circle>"
        )

    def text(
        self, x: float, y: float, text: str, css: str = "tick", anchor: str = "middle"
    ) -> None:
        """A word at a place."""
        self.parts.append(
            f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )

    def axes(self, x: Scale, y: Scale, x_label: str, y_label: str) -> None:
        """Grid lines, tick labels and the names of both axes."""
        floor = self.height - BOTTOM
        for tick in ticks(y.low, y.high, 3):
            at = y(tick)
            self.line([(LEFT, at), (self.width - RIGHT, at)], "grid")
            self.text(LEFT - 5, at + 3, short(tick, 3), anchor="end")
        for tick in ticks(x.low, x.high, 4):
            self.text(min(max(x(tick), LEFT), self.width - RIGHT - 4), floor + 12, short(tick, 3))
        self.line([(LEFT, floor), (self.width - RIGHT, floor)], "axis")
        self.text((LEFT + self.width - RIGHT) / 2, self.height - 6, x_label, "label")
        self.parts.append(
            f'<text class="label" text-anchor="middle" '
            f'transform="translate(10 {floor / 2 + 5:.1f}) rotate(-90)">{escape(y_label)}</text>'
        )

    def x_axis(self, x: Scale, label: str) -> None:
        """Tick labels and name of the horizontal axis alone."""
        floor = self.height - BOTTOM
        for tick in ticks(x.low, x.high, 5):
            self.line([(x(tick), TOP), (x(tick), floor)], "grid")
            self.text(x(tick), floor + 12, short(tick, 3))
        self.line([(x.start, floor), (x.end, floor)], "axis")
        self.text((x.start + x.end) / 2, self.height - 6, label, "label")

    def markup(self) -> Markup:
        """The finished element; its title and description are what a screen reader says."""
        body = "".join(self.parts)
        label = escape(f"{self.title}. {self.summary}")
        return Markup(  # noqa: S704  every text in it was escaped where it was drawn
            f'<svg class="chart" viewBox="0 0 {self.width:g} {self.height:g}" role="img" '
            f'aria-label="{label}" xmlns="http://www.w3.org/2000/svg">{body}</svg>'
        )
