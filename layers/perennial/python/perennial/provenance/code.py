"""The archive of the code that trained a version: proven, and unpacked to be run again."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

from perennial.errors import ArtifactError

_PACKAGE = "perennial/"  # the only folder of an archive
_MOST = 64 << 20  # bytes unpacked: a hundred times what there is
# What `zipfile` raises over bytes that are damaged, or want a password.
_DAMAGE = (ArtifactError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


def code_digest(archive: bytes) -> str:
    """The digest of the code in an archive, by path and content; empty of what is no archive."""
    try:
        files = _files(archive)
    except _DAMAGE:
        return ""
    whole = hashlib.sha256()
    for name in sorted(files, key=lambda name: Path(name).parts):
        content = hashlib.sha256(files[name]).hexdigest()
        whole.update(f"{name.removeprefix(_PACKAGE)}\0{content}\n".encode())
    return whole.hexdigest()


def unpack(archive: bytes, expected: str, folder: Path) -> None:
    """Write the code into a folder, on condition that it has the digest.

    Raises:
        ArtifactError: it has another, or is no archive of code.
    """
    if code_digest(archive) != expected:
        raise ArtifactError("the code was changed: it does not have the digest of the receipt")
    for name, content in _files(archive).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _files(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        entries = whole.infolist()
        if sum(entry.file_size for entry in entries) > _MOST:
            raise ArtifactError("the archive of the code is too large")
        for entry in entries:
            parts = entry.filename.split("/")
            if not entry.filename.startswith(_PACKAGE) or {"..", ""} & set(parts):
                raise ArtifactError("the archive of the code leads out of its folder")
        return {entry.filename: whole.read(entry) for entry in entries}
