"""Numbers as a reader wants them: short, grouped, and never with more digits than they carry."""

from __future__ import annotations

import math
from typing import Protocol

_NOTHING = 1e-12


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


def measure(value: float | None, decimals: int = 4) -> str:
    """A metric with as many decimals as those below it in a table: `0.8600`, `70.30`, `1,204`.

    From 10 on the decimals make room for the digits before the point; what would be all zeros is
    written out, but for what is left of a difference of floats.
    """
    if value is None or not math.isfinite(value):
        return short(value)
    value = 0.0 if abs(value) < _NOTHING else value
    room = max(0, math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:,.{max(0, decimals - room - (room > 0))}f}".replace("-", "−")
    return text if value == 0 or text.strip("−0.") else short(value, 2)


def probability(value: float | None) -> str:
    """A p-value: what is very small says no more than that it is."""
    return "< 0.0001" if value is not None and value < 1e-4 else short(value, 2)


def span(bounds: Bounds | None, digits: int = 4) -> str:
    """`0.810 to 0.842` with so many decimals; nothing for no interval."""
    return f"{measure(bounds.low, digits)} to {measure(bounds.high, digits)}" if bounds else ""


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
