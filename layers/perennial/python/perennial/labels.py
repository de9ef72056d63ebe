"""One spelling for labels: `true` for a truth value, `1` for an integer, whatever wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_TRUTH = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}


def canonical(text: str) -> str:
    """`1` for `1.0`, `true` for `True`; any other text as it is."""
    whole = _WHOLE.fullmatch(text)
    return whole.group(1) if whole else _TRUTH.get(text, text)


def spelling(known: Iterable[str]) -> Callable[[str], str]:
    """How labels of a column are spelt: canonically, unless the spec itself spells otherwise."""
    return canonical if all(canonical(label) == label for label in known) else str
