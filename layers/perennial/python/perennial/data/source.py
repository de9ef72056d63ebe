"""Opens an uploaded file: finds out what it is, and hands out its rows chunk by chunk."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from perennial.data.ahead import one_ahead
from perennial.data.blocks import BLOCK, Block, Read, blocks, filled
from perennial.data.columns import Column
from perennial.data.csv_reader import Chunk, CsvReader
from perennial.data.dialect import NAMES, Dialect, sniff
from perennial.data.encodings import Encoding, Transcoder
from perennial.data.parquet_reader import ParquetReader
from perennial.data.problems import ProblemKind, Problems, Severity
from perennial.data.sniffing import GZIP_MAGIC, Compression, Format, disagreement, format_of
from perennial.errors import UnreadableData

_SAMPLE = 1 << 20  # bytes looked at to tell the dialect


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a file turned out to be; complete once all its rows were read."""

    format: Format
    compression: Compression
    encoding: Encoding | None
    delimiter: str | None  # as a word
    size: int  # bytes as uploaded, as far as they were read
    sha256: str | None  # of the bytes as uploaded; None when reading stopped before their end


class _Counted:
    """Reads a stream, and counts and hashes what was read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0
        self._ended = False

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        self.size += len(data)
        self._ended = self._ended or not data
        return data

    @property
    def sha256(self) -> str | None:
        return self._hash.hexdigest() if self._ended else None


class Source:
    """One uploaded file. `header` is known at once; the rows can be gone through once."""

    header: tuple[str, ...]

    def __init__(self, stream: BinaryIO, name: str, expected: Sequence[str], spill: Path) -> None:
        """Look at the beginning of a file.

        Args:
            stream: the bytes, read once from start to end.
            name: what the file is called; only its ending is looked at, to say if it misleads.
            expected: names of columns the file should have.
            spill: where a Parquet file may be put while it is read.

        Raises:
            UnreadableData: empty, or not of a format that can be read.
        """
        self._counted = _Counted(stream)
        read = self._unpacked(filled(self._counted.read, 2))
        self._size = BLOCK
        head = filled(read, max(self._size, _SAMPLE))
        self._read = _prefixed(head, read)
        self.format = format_of(head[:64])
        self.misnamed = disagreement(name, self.format, self._compression)
        self._transcoder = Transcoder(head)
        self._dialect: Dialect | None = None
        if self.format is Format.PARQUET:
            self._parquet = ParquetReader(self._read, spill)
            self.header = self._parquet.header
        else:
            self._dialect = _dialect(head, expected)
            self.header = self._dialect.header

    def chunks(
        self, columns: Sequence[Column], missing_markers: Sequence[str], problems: Problems
    ) -> Iterator[Chunk]:
        """All rows, in order.

        Raises:
            UnreadableData: the file breaks off or cannot be understood from some line on.
        """
        if self._dialect is None:
            yield from self._parquet.chunks([column.name for column in columns])
        else:
            reader = CsvReader(self._dialect, columns, missing_markers, problems)
            yield from reader.chunks(one_ahead(self.blocks()))  # one is cut, another parsed
        if self._transcoder.encoding is Encoding.LATIN_1:
            problems.add(
                ProblemKind.ASSUMED_ENCODING,
                None,
                "the text is not UTF-8 and was read as Latin-1 (Windows-1252)",
                severity=Severity.WARNING,
            )

    @property
    def dialect(self) -> Dialect:
        """How a text file separates its values; of a Parquet file there is none."""
        assert self._dialect is not None  # noqa: S101 - for the type checker
        return self._dialect

    def blocks(self) -> Iterator[Block]:
        """A text file's whole records, unparsed, the header among them.

        Raises:
            UnreadableData: as `chunks`.
        """
        return blocks(self._read, self._transcoder, self.dialect.delimiter, self._size)

    def facts(self) -> SourceFacts:
        """What the file turned out to be."""
        text = self._dialect is not None
        return SourceFacts(
            self.format,
            self._compression,
            self._transcoder.encoding if text else None,
            self._dialect.spoken if self._dialect else None,
            self._counted.size,
            self._counted.sha256,
        )

    def _unpacked(self, magic: bytes) -> Read:
        read = _prefixed(magic, self._counted.read)
        if magic != GZIP_MAGIC:
            self._compression = Compression.NONE
            return read
        self._compression = Compression.GZIP
        packed = gzip.GzipFile(fileobj=io.BufferedReader(_Raw(read), 1 << 20))

        def unpack(size: int) -> bytes:
            try:
                return packed.read(size)
            except EOFError as error:
                raise UnreadableData(
                    "the gzip stream breaks off before its end; was the upload complete?"
                ) from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise UnreadableData("the gzip stream is damaged") from error

        return unpack


class _Raw(io.RawIOBase):
    """A read function as the raw stream that `io.BufferedReader` wants."""

    def __init__(self, read: Read) -> None:
        self._function = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._function(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _prefixed(head: bytes, read: Read) -> Read:
    """A read function that first gives back what was read already."""
    rest = memoryview(head)

    def prefixed(size: int) -> bytes:
        nonlocal rest
        if not rest:
            return read(size)
        part = bytes(rest[:size])
        rest = rest[size:] or memoryview(b"")  # lets go of the head once it is used up
        return part

    return prefixed


def _dialect(head: bytes, expected: Sequence[str]) -> Dialect:
    """The dialect, from the whole records a file begins with.

    Raises:
        UnreadableData: there is no header, or nothing separates its names.
    """
    sample = head[:_SAMPLE]
    text = Transcoder(head)(sample, len(sample) == len(head)).decode("utf-8", "ignore")
    dialect = sniff(text, expected)
    if not any(dialect.header):
        raise UnreadableData("line 1: there is no header; expected the names of the columns")
    if len(dialect.header) == 1 and len(expected) > 1:
        usual = ", ".join(NAMES.values())
        raise UnreadableData(
            f"line 1, column 1: nothing separates the values; expected one of {usual} "
            f"between {len(expected)} or more columns"
        )
    return dialect
