"""ZIP archives whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date the format knows
_READABLE = 0o100644 << 16
_EXECUTABLE = 0o100755 << 16


def write_archive(
    files: Mapping[PurePosixPath, Path | bytes], target: Path, *, level: int = 6
) -> None:
    """Write an archive, sorted by name, without times and owners; replaces `target` at once.

    Args:
        files: contents by their names in the archive.
        target: the archive; readers see the old file or the new one, never a half.
        level: how hard zlib tries, 1 to 9.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
            for name in sorted(files):
                _add(archive, name, files[name])
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _add(archive: zipfile.ZipFile, name: PurePosixPath, content: Path | bytes) -> None:
    entry = zipfile.ZipInfo(str(name), _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, so that the permissions count on any system
    shared = ".so" in name.suffixes
    entry.external_attr = _EXECUTABLE if shared else _READABLE
    archive.writestr(entry, content if isinstance(content, bytes) else content.read_bytes())
