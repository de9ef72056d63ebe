"""The code that trains, as one archive under its digest: what a receipt names can be had again."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import perennial
from perennial.registry import layout
from perennial.registry.objects import ObjectStore

PACKAGE = Path(perennial.__file__).parent
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment a ZIP can tell


def source_digest(folder: Path) -> str:
    """SHA-256 over path and content of every Python file below a folder."""
    return _digest(_files(folder))


@cache
def running_code() -> str:
    """Digest of the domain package that this process runs."""
    return _digest(_running())


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def keep_sources(bucket: str, lock: Path, store: ObjectStore) -> None:
    """Keep the running code and the lock file, each under its digest and once.

    Raises:
        Unavailable: the store does not answer.
    """
    code = layout.uri(bucket, layout.code_key(running_code()))
    store.write(code, _archive(PACKAGE.name, _running()), "application/zip", once=True)
    if lock.is_file():
        kept = layout.uri(bucket, layout.lock_key(file_digest(lock)))
        store.write(kept, lock.read_bytes(), "text/plain", once=True)


def archive(folder: Path) -> bytes:
    """The Python files below a folder, and its name, as a ZIP: equal files give equal bytes."""
    return _archive(folder.name, _files(folder))


@cache
def _running() -> dict[str, bytes]:
    """The files of the domain package, read once: what is kept is what was hashed."""
    return _files(PACKAGE)


def _files(folder: Path) -> dict[str, bytes]:
    """Content of every Python file by its path below a folder, in order."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
    }


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, content in files.items():
        whole.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


def _archive(folder: str, files: Mapping[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in files.items():
            whole.writestr(_entry(f"{folder}/{name}"), content)
    return body.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
