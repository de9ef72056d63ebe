"""Tells by its first bytes what a file is, whatever its name says."""

from __future__ import annotations

from enum import StrEnum

from perennial.errors import UnreadableData


class Format(StrEnum):
    """The formats that can be read."""

    CSV = "csv"
    PARQUET = "parquet"


class Compression(StrEnum):
    """What a text file may be wrapped in."""

    NONE = "none"
    GZIP = "gzip"


GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
# What else people upload, by the bytes it begins with.
FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF document"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document"),
    (b"<Error>", "an XML error document"),
)
ENDINGS = {".csv": Format.CSV, ".tsv": Format.CSV, ".txt": Format.CSV, ".parquet": Format.PARQUET}
EXPECTED = "expected CSV (plain or gzip) or Parquet"


def format_of(head: bytes) -> Format:
    """The format of (unpacked) bytes.

    Raises:
        UnreadableData: there are none, or they are known to be something else.
    """
    if not head:
        raise UnreadableData(f"the file is empty (0 bytes); {EXPECTED}")
    if head.startswith(PARQUET_MAGIC):
        return Format.PARQUET
    start = head.lstrip()
    for magic, what in FOREIGN:
        if head.startswith(magic) or (magic[:1] == b"<" and start.startswith(magic)):
            raise UnreadableData(f"the file is {what}; {EXPECTED}")
    if start[:1] in (b"{", b"["):
        raise UnreadableData(f"line 1: the file is JSON; {EXPECTED}")
    return Format.CSV


def disagreement(name: str, found: Format, compression: Compression) -> str | None:
    """A sentence when a file's name promises another format than its content has."""
    stem = name.lower()
    promised_gzip = stem.endswith((".gz", ".gzip"))
    stem = stem.removesuffix(".gz").removesuffix(".gzip")
    ending = "." + stem.rsplit(".", 1)[-1] if "." in stem.rsplit("/", 1)[-1] else ""
    promised = ENDINGS.get(ending)
    if promised is not None and promised is not found:
        return f"the name ends in {ending} but the content is {found.value}"
    if promised_gzip != (compression is Compression.GZIP):
        return f"the name {'promises' if promised_gzip else 'does not promise'} gzip and the " + (
            "content is not compressed" if promised_gzip else "content is compressed"
        )
    return None
