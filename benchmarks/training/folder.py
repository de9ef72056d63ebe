"""An object store in a folder, so that a benchmark measures training and no network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO


class Folder:
    """Objects are files, called after the last part of their key."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _path(self, uri: str) -> Path:
        return self._root / uri.rpartition("/")[2]

    def read(self, uri: str) -> bytes:
        return self._path(uri).read_bytes()

    def open(self, uri: str, version_id: str | None = None) -> BinaryIO:
        del version_id
        return self._path(uri).open("rb")

    def write(self, uri: str, body: bytes, content_type: str, *, once: bool = False) -> None:
        del content_type, once
        self._path(uri).write_bytes(body)

    def upload(self, path: Path, uri: str, content_type: str, *, once: bool = False) -> None:
        del content_type, once
        shutil.copyfile(path, self._path(uri))

    def download(self, uri: str, path: Path, version_id: str | None = None) -> None:
        del version_id
        shutil.copyfile(self._path(uri), path)

    def exists(self, uri: str) -> bool:
        return self._path(uri).exists()
