"""Objects as files of this disk, so that a benchmark measures the work and no network."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from perennial.registry.files import Listed, Stat

from cli import retraining


class Folder(retraining.Folder):
    """`perennial.registry.files.Files` in a folder, which holds buckets or is one."""

    def __init__(self, root: Path, bucket: str | None = None) -> None:
        super().__init__(root)
        self._above = f"s3://{bucket}/" if bucket else "s3://"

    def path(self, uri: str) -> Path:
        return self.root / uri.removeprefix(self._above)

    def stat(self, uri: str, version_id: str | None = None) -> Stat:
        del version_id
        found = self.path(uri).stat()
        return Stat(found.st_size, str(found.st_mtime_ns))

    def read_range(self, uri: str, start: int, size: int, version_id: str | None = None) -> bytes:
        del version_id
        with self.path(uri).open("rb") as file:
            file.seek(start)
            return file.read(size)

    def pour(self, pieces: Iterable[bytes], uri: str, content_type: str) -> None:
        del content_type
        with self.made(uri).open("wb") as file:
            for piece in pieces:
                file.write(piece)

    def copy(self, source: str, target: str) -> None:
        shutil.copyfile(self.path(source), self.made(target))

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        for path in sorted(self.path(prefix.rpartition("/")[0]).rglob("*")):
            uri = self._above + path.relative_to(self.root).as_posix()
            if uri > after and uri.startswith(prefix) and path.is_file():
                yield Listed(uri, path.stat().st_size)

    def folders(self, prefix: str) -> Iterator[str]:
        folder = self.path(prefix)
        if folder.is_dir():
            yield from (f"{prefix}{one.name}/" for one in sorted(folder.iterdir()) if one.is_dir())

    def made(self, uri: str) -> Path:
        """Where an object is to lie; the folders above it are there."""
        place = self.path(uri)
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


class Flat(Folder):
    """Objects beside each other, called after the last part of their key."""

    def path(self, uri: str) -> Path:
        return self.root / uri.rpartition("/")[2]
