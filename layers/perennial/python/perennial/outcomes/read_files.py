"""A store that remembers which objects were read from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from perennial.registry.files import Files, Listed


@dataclass
class ReadFiles:
    """Hands everything on to another store.

    Attributes:
        files: that store.
        uris: of the objects that were read whole; several threads may read at once.
    """

    files: Files
    uris: set[str] = field(default_factory=set)

    def read(self, uri: str) -> bytes:
        """All bytes of an object, which is remembered."""
        body = self.files.read(uri)
        self.uris.add(uri)
        return body

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """As of the other store."""
        return self.files.listed(prefix, after)

    def folders(self, prefix: str) -> Iterator[str]:
        """As of the other store."""
        return self.files.folders(prefix)

    def __getattr__(self, name: str) -> Any:
        """Everything else, of the other store."""
        return getattr(self.files, name)
