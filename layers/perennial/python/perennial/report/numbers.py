"""Numbers as a reader wants them: short, grouped, and never with more digits than they carry."""

from __future__ import annotations

import math
from typing import Protocol


def count(value: int) -> str:
    """`41,188`."""
    return f"{value:,}"


def short(value: float | None, digits: int = 4) -> str:
    """A number with `digits` significant digits; a dash for none, a word for infinity."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace("-", "−")
    magnitude = abs(value)
    if 1e-4 <= magnitude < 1e9:
        decimals = max(0, digits - 1 - math.floor(math.log10(magnitude)))
        text = f"{value:,.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:.{digits - 1}e}"
    return text.replace("-", "−")


class Bounds(Protocol):
    """The ends of an interval."""

    @property
    def low(self) -> float:
        """The lower one."""
        ...

    @property
    def high(self) -> float:
        """The upper one."""
        ...


def span(bounds: Bounds | None, digits: int = 4) -> str:
    """`0.81 to 0.84`; nothing for no interval."""
    return f"{short(bounds.low, digits)} to {short(bounds.high, digits)}" if bounds else ""


def share(value: float | None) -> str:
    """A share between 0 and 1 as a percentage; what is not quite none or all does not round to it.

    The exact ends are `0 %` and `100 %`.
    """
    if value is None or math.isnan(value):
        return "–"
    if 0 < value < 0.0005:
        return "< 0.1 %"
    if 0.9995 < value < 1:
        return "> 99.9 %"
    return f"{100 * value:.1f}".removesuffix(".0") + " %"
