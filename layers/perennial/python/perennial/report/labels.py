"""Names in a drawing, as long as there is room for them."""

from __future__ import annotations

from collections.abc import Iterable

_LETTER = 5.6  # width of a letter of a tick, viewBox units
_LEAST = 30.0


def room(labels: Iterable[str], limit: int, gap: float = 8.0) -> float:
    """How wide names are at most that stand before a chart, each shortened to `limit`."""
    longest = max((min(len(label), limit) for label in labels), default=0)
    return max(_LEAST, longest * _LETTER + gap)


def shortened(label: str, limit: int) -> str:
    """The beginning of a label, and a sign that there is more."""
    return label if len(label) <= limit else label[: limit - 1] + "…"
