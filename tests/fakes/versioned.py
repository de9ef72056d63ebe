"""A store that keeps versions, in memory, by the same contract as the one on S3."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from perennial.registry.files import Listed
from perennial.registry.stored import Changed, Stored


@dataclass
class InMemoryVersions:
    """`perennial.registry.stored.VersionedStore` for tests, and what of `Files` reads.

    Attributes:
        before: is called with the name of every operation that changes something, before it.
    """

    before: Callable[[str, str], None] = lambda _what, _uri: None
    _kept: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)  # the newest last
    _given: int = 0

    def write(self, uri: str, body: bytes) -> None:
        self._given += 1
        self._kept.setdefault(uri, []).append((f"v{self._given}", body))

    def read(self, uri: str) -> bytes:
        if not self._kept.get(uri):
            raise FileNotFoundError(uri)
        return self._kept[uri][-1][1]

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        for uri in sorted(self._kept):
            if uri.startswith(prefix) and uri > after and self._kept[uri]:
                yield Listed(uri, len(self.read(uri)))

    def versions(self, prefix: str, after: str = "") -> Iterator[Stored]:
        for uri in sorted(self._kept):
            if not uri.startswith(prefix) or uri <= after:
                continue
            kept = self._kept[uri]
            for place in reversed(range(len(kept))):
                name, body = kept[place]
                yield Stored(uri, name, place == len(kept) - 1, _etag(body), len(body))

    def fetch(self, stored: Stored, path: Path) -> None:
        for name, body in self._kept.get(stored.uri, ()):
            if name == stored.version_id:
                path.write_bytes(body)
                return
        raise FileNotFoundError(stored.uri)

    def replace(self, uri: str, path: Path, content_type: str, etag: str | None) -> None:
        del content_type
        self.before("replace", uri)
        kept = self._kept.get(uri)
        if (None if not kept else _etag(kept[-1][1])) != etag:
            raise Changed(uri)
        self.write(uri, path.read_bytes())

    def remove(self, stored: Stored) -> None:
        self.before("remove", stored.uri)
        kept = self._kept.get(stored.uri, [])
        self._kept[stored.uri] = [one for one in kept if one[0] != stored.version_id]

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Every version of every object."""
        for uri, kept in self._kept.items():
            yield from ((uri, body) for _, body in kept)


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
