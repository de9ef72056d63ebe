"""What a re-training had of another kind than the receipt says, input by input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from perennial.registry.receipt import Receipt

# By how a person calls it, where it stands in a receipt. What cannot decide a bit is not here:
# the number of processors, and which commit or deployment equal code came from.
_INPUTS: dict[str, tuple[str, ...]] = {
    "dataset": ("dataset_digest",),
    "spec": ("spec_digest",),
    "search": ("search_digest",),
    "seed": ("seed",),
    "code": ("code", "running"),
    "lock file": ("lock_digest",),
    "image": ("image", "digest"),
    "Python": ("python",),
    "system": ("system",),
    "architecture": ("cpu", "architecture"),
    "CPU": ("cpu", "model"),
    "instructions": ("cpu", "flags"),
    "threads": ("threads",),
}
_BY_NAME = {"library": "libraries", "environment": "environment"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One input that is another now."""

    what: str
    then: str  # as the receipt has it; empty where there was none
    now: str

    def __str__(self) -> str:
        """A line for people."""
        return f"{self.what}: {self.then or 'none'} then, {self.now or 'none'} now"


def differences(then: Receipt, now: Receipt) -> list[Difference]:
    """The inputs in which two receipts differ, in the order people ask for them."""
    return list(_differences(then, now))


def _differences(then: Receipt, now: Receipt) -> Iterator[Difference]:
    for what, path in _INPUTS.items():
        first, second = _at(then, path), _at(now, path)
        if first != second:
            yield Difference(what, _text(first), _text(second))
    for what, place in _BY_NAME.items():
        before, after = then.get(place) or {}, now.get(place) or {}
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                first, second = _text(before.get(name)), _text(after.get(name))
                yield Difference(f"{what} {name}", first, second)


def _at(receipt: Receipt, path: tuple[str, ...]) -> Any:
    if path == ("cpu", "architecture") and "cpu" not in receipt:
        return receipt.get("architecture")  # where receipts of the first format have it
    found: Any = receipt
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
