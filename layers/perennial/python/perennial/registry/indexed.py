"""A registry that also tells where its index lists things: queries by version or dataset ask that.

The index is made of attributes of the items. Who changes nothing else of an item than these hides
it from such a query, and the item still says what it always said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from perennial.registry.records import Event
from perennial.registry.store import Registry


class IndexedRegistry(Registry, Protocol):
    """What an audit reads. All methods raise `Unavailable` when the store does not answer."""

    def indexed_history(self, model: str, first: int = 1) -> Iterator[tuple[Event, bool]]:
        """Events as `history` gives them, each with whether the index lists it where it belongs."""
        ...

    def misindexed_versions(self, model: str) -> Collection[int]:
        """The versions that the index does not list where they belong.

        One that cannot be read is left out.
        """
        ...
