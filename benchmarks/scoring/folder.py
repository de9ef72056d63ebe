"""The store of files in a folder: what scoring costs without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

from perennial.registry.files import Stat


class FolderFiles:
    """`perennial.registry.files.Files` in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, uri: str) -> Path:
        path = self.root / uri.removeprefix("s3://")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def read(self, uri: str) -> bytes:
        return self.path(uri).read_bytes()

    def open(self, uri: str, version_id: str | None = None) -> BinaryIO:
        del version_id
        return cast("BinaryIO", self.path(uri).open("rb"))

    def write(self, uri: str, body: bytes, content_type: str, *, once: bool = False) -> None:
        del content_type, once
        self.path(uri).write_bytes(body)

    def upload(self, path: Path, uri: str, content_type: str, *, once: bool = False) -> None:
        del content_type, once
        shutil.copyfile(path, self.path(uri))

    def download(self, uri: str, path: Path, version_id: str | None = None) -> None:
        del version_id
        shutil.copyfile(self.path(uri), path)

    def exists(self, uri: str) -> bool:
        return self.path(uri).exists()

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
        with self.path(uri).open("wb") as file:
            for piece in pieces:
                file.write(piece)

    def copy(self, source: str, target: str) -> None:
        shutil.copyfile(self.path(source), self.path(target))
