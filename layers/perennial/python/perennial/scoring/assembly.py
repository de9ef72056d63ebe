"""Puts the parts of a scoring together, in order, holding one of them at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from perennial.data.sniffing import Format
from perennial.registry.files import Files
from perennial.scoring.records import Part
from perennial.scoring.writing import CONTENT_TYPES, TableFile, header_of

# Beyond, the parts stay as they are: a call has 15 minutes, and 10 GB of disk.
LARGEST_WHOLE = 6 << 30  # bytes
_PIECE = 8 << 20  # bytes


def assemble(
    parts: Sequence[Part], schema: pa.Schema, form: Format, location: str, files: Files
) -> Sequence[Part]:
    """One file of all parts, or the parts themselves when it would be too large.

    Args:
        parts: in the order of the file.
        schema: of each of them.
        form: of each of them; those of CSV have no header.
        location: of the whole.
        files: where they lie.
    """
    if not parts or sum(part.size for part in parts) > LARGEST_WHOLE:
        return parts
    if form is Format.CSV:
        return [_text(parts, header_of(schema), location, files)]
    with TemporaryDirectory(prefix="perennial-") as folder:
        return [_parquet(parts, schema, location, files, Path(folder))]


def _text(parts: Sequence[Part], header: bytes, location: str, files: Files) -> Part:
    digest, size = hashlib.sha256(), 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        for piece in _pieces(parts, header, files):
            digest.update(piece)
            size += len(piece)
            yield piece

    files.pour(pieces(), location, CONTENT_TYPES[Format.CSV])
    return Part(location, sum(part.rows for part in parts), size, digest.hexdigest())


def _pieces(parts: Sequence[Part], header: bytes, files: Files) -> Iterator[bytes]:
    yield header
    for part in parts:
        for start in range(0, part.size, _PIECE):
            yield files.read_range(part.uri, start, min(_PIECE, part.size - start))


def _parquet(
    parts: Sequence[Part], schema: pa.Schema, location: str, files: Files, folder: Path
) -> Part:
    """Row group by row group through the disk."""
    whole, piece = folder / "whole", folder / "part"
    with TableFile(whole, schema, Format.PARQUET) as table:
        for part in parts:
            files.download(part.uri, piece)
            with pq.ParquetFile(piece) as file:
                for group in range(file.num_row_groups):
                    table.add(file.read_row_group(group, use_threads=False).cast(schema))
    stored = table.store(files, location)
    assert stored is not None  # noqa: S101 - no part is empty
    return stored
