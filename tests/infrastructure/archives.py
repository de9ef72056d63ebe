"""Looks into layer archives."""

from __future__ import annotations

import zipfile
from pathlib import Path


def unpacked_size(archive: Path) -> int:
    """Bytes of all files in an archive."""
    with zipfile.ZipFile(archive) as opened:
        return sum(entry.file_size for entry in opened.infolist())


def names(archive: Path) -> list[str]:
    """Names of the files in an archive."""
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an archive, as Lambda does below /opt."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder
