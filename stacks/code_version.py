"""The digest of the code a deployment ships: what a receipt names as its code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

_SHIPPED = ("functions", "layers")
_NOT_CODE = {"__pycache__"}


def code_version(root: Path) -> str:
    """SHA-256 over functions, domain and lock files, in hexadecimal."""
    digest = hashlib.sha256()
    for path in _sources(root):
        name = path.relative_to(root).as_posix()
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    for folder in _SHIPPED:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc" and not _NOT_CODE & set(path.parts):
                yield path
