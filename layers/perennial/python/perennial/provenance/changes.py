"""What differs between two nested documents, such as two specs, by path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two documents differ."""

    path: str  # with dots, such as `split.seed`
    first: Any  # None where there is nothing
    second: Any


def changes(first: Any, second: Any, path: str = "") -> Iterator[Change]:
    """The places that differ, in order of their paths; lists are compared as wholes."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in sorted(first.keys() | second.keys()):
            below = f"{path}.{name}" if path else str(name)
            yield from changes(first.get(name), second.get(name), below)
    elif first != second:
        yield Change(path, first, second)
