"""Names in a drawing, as long as there is room for them."""

from __future__ import annotations


def shortened(label: str, limit: int) -> str:
    """The beginning of a label, and a sign that there is more."""
    return label if len(label) <= limit else label[: limit - 1] + "…"
