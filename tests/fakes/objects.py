"""The object store in memory, by the same contract as the one on S3."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from perennial.registry.layout import split_uri


@dataclass
class InMemoryObjects:
    """`perennial.registry.objects.ObjectStore` for tests.

    Versions of an object are numbered from "1"; `content_types` are those of the latest.
    """

    content_types: dict[str, str] = field(default_factory=dict)
    _versions: dict[str, list[bytes]] = field(default_factory=dict)

    def read(self, uri: str) -> bytes:
        return self._found(uri, None)

    def open(self, uri: str, version_id: str | None = None) -> BinaryIO:
        return io.BytesIO(self._found(uri, version_id))

    def write(self, uri: str, body: bytes, content_type: str, *, once: bool = False) -> None:
        split_uri(uri)
        if once and uri in self._versions:
            return
        self._versions.setdefault(uri, []).append(body)
        self.content_types[uri] = content_type

    def upload(self, path: Path, uri: str, content_type: str, *, once: bool = False) -> None:
        self.write(uri, path.read_bytes(), content_type, once=once)

    def download(self, uri: str, path: Path, version_id: str | None = None) -> None:
        path.write_bytes(self._found(uri, version_id))

    def exists(self, uri: str) -> bool:
        return uri in self._versions

    def _found(self, uri: str, version_id: str | None) -> bytes:
        versions = self._versions.get(uri, [])
        number = int(version_id) if version_id else len(versions)
        if not 1 <= number <= len(versions):
            raise FileNotFoundError(uri)
        return versions[number - 1]
