"""A faster JSON library, for long texts only: importing it takes 15 ms, once in a process."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

LONG = 65_536  # characters; reading this much takes the standard library 0.4 ms longer


def fast_json(characters: int) -> ModuleType | None:
    """`orjson`, where it is loaded or a text is long enough for it; None without it.

    It is stricter than the standard library in what it reads, and writes NaN as null.
    """
    if characters < LONG and "orjson" not in sys.modules:
        return None
    try:
        import orjson
    except ImportError:  # a function with other layers does without
        return None
    return orjson
