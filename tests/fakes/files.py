"""The store of large files in memory, by the same contract as the one on S3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from perennial.registry.files import Listed, Stat

from tests.fakes.objects import InMemoryObjects


@dataclass
class InMemoryFiles(InMemoryObjects):
    """`perennial.registry.files.Files` for tests; `metadata` is what an uploader said."""

    metadata: dict[str, dict[str, str]] = field(default_factory=dict)

    def stat(self, uri: str, version_id: str | None = None) -> Stat:
        body = self._found(uri, version_id)
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        version = version_id or str(len(self._versions[uri]))
        return Stat(len(body), etag, self.metadata.get(uri, {}), version)

    def read_range(self, uri: str, start: int, size: int, version_id: str | None = None) -> bytes:
        return self._found(uri, version_id)[start : start + size]

    def pour(self, pieces: Iterable[bytes], uri: str, content_type: str) -> None:
        self.write(uri, b"".join(pieces), content_type)

    def copy(self, source: str, target: str) -> None:
        self.write(target, self.read(source), self.content_types[source])

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        for uri in sorted(uri for uri in self._versions if uri.startswith(prefix)):
            if uri > after:
                yield Listed(uri, len(self.read(uri)))

    def folders(self, prefix: str) -> Iterator[str]:
        rests = [uri.removeprefix(prefix) for uri in self._versions if uri.startswith(prefix)]
        names = {rest.split("/", 1)[0] for rest in rests if "/" in rest}
        yield from (f"{prefix}{name}/" for name in sorted(names))
