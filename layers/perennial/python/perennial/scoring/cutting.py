"""Looks at a file, checks its columns and cuts it into chunks."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from perennial.data.sniffing import PARQUET_MAGIC, Format
from perennial.data.source import Source
from perennial.errors import DataRejected
from perennial.registry.files import Files
from perennial.registry.layout import uri
from perennial.registry.records import SourceObject
from perennial.scoring import csv_plan, parquet_plan
from perennial.scoring.records import Chunk
from perennial.scoring.remote import RemoteParquet
from perennial.scoring.writing import CONTENT_TYPES

MOST_CHUNKS = 10_000
_MOST_NAMED = 10  # columns in a message


@dataclass(frozen=True, slots=True)
class Cut:
    """A file that can be scored.

    Attributes:
        format: of the file.
        header: names of its columns.
        chunks: of it, in order; there is one at least.
        delimiter: of a text file.
        sha256: of the file, where all of it was read.
    """

    format: Format
    header: tuple[str, ...]
    chunks: Sequence[Chunk]
    delimiter: str = ""
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts one file.

    Attributes:
        source: the file.
        needed: columns it must have.
        rows: of a chunk, about.
        prefix: of the scoring, as a URI: where copies of chunks go that need one.
        files: where the file lies.
    """

    source: SourceObject
    needed: Sequence[str]
    rows: int
    prefix: str
    files: Files

    def cut(self) -> Cut:
        """Cut the file.

        Raises:
            DataRejected: it cannot be read, lacks columns or has no rows.
            Unavailable: the store does not answer.
        """
        head = b""
        if self.source.size:
            head = self.files.read_range(self._place, 0, len(PARQUET_MAGIC), self._version)
        with TemporaryDirectory(prefix="perennial-") as name:
            parquet = head == PARQUET_MAGIC
            found = self._parquet(Path(name)) if parquet else self._text(Path(name))
        if not found.chunks:
            raise DataRejected("the file has a header and no rows")
        return found

    @property
    def _place(self) -> str:
        return uri(self.source.bucket, self.source.key)

    @property
    def _version(self) -> str | None:
        return self.source.version_id or None

    def _parquet(self, folder: Path) -> Cut:
        remote = RemoteParquet(self.files, self.source, folder / "source.parquet")
        header = remote.header
        check_columns(header, self.needed)
        rows = max(self.rows, -(-remote.metadata.num_rows // MOST_CHUNKS))
        return Cut(Format.PARQUET, header, parquet_plan.cut(remote.metadata, rows))

    def _text(self, folder: Path) -> Cut:
        with self.files.open(self._place, self._version) as stream:
            source = Source(stream, self.source.key, self.needed, folder / "none")
            check_columns(source.header, self.needed)
            chunks = merged(csv_plan.cut(source, self.rows))
            facts = source.facts()
        if not csv_plan.in_place(facts):
            chunks = self._unpacked(chunks, folder)
        delimiter = source.dialect.delimiter
        return Cut(Format.CSV, source.header, chunks, delimiter, facts.sha256)

    def _unpacked(self, chunks: Sequence[Chunk], folder: Path) -> list[Chunk]:
        """Chunks with a copy each: their bytes cannot be found in the file by an offset."""
        copied = []
        with self.files.open(self._place, self._version) as stream:
            source = Source(stream, self.source.key, self.needed, folder / "none")
            for chunk, text in csv_plan.texts(source, chunks):
                location = f"{self.prefix}input/{chunk.number:05d}.csv"
                self.files.write(location, text, CONTENT_TYPES[Format.CSV])
                copied.append(chunk.copied_to(location))
        return copied


def merged(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Neighbours of a text file put together, so that there are at most `MOST_CHUNKS`."""
    step = -(-len(chunks) // MOST_CHUNKS)
    if step <= 1:
        return list(chunks)
    return [
        Chunk(
            number=number,
            first_row=first.first_row,
            rows=sum(chunk.rows for chunk in chunks[start : start + step]),
            first_line=first.first_line,
            start=first.start,
            size=sum(chunk.size for chunk in chunks[start : start + step]),
        )
        for number, start in enumerate(range(0, len(chunks), step))
        for first in (chunks[start],)
    ]


def check_columns(header: Sequence[str], needed: Sequence[str]) -> None:
    """Check that a file has the columns that are needed, each once; it may have others.

    Raises:
        DataRejected: it has not.
    """
    missing = [name for name in needed if name not in header]
    if missing:
        told = [f"{name!r}{_near(name, header)}" for name in missing[:_MOST_NAMED]]
        more = f" and {len(missing) - len(told)} more" if len(missing) > len(told) else ""
        raise DataRejected(
            f"{len(missing)} of the {len(needed)} columns the model needs are missing: "
            f"{', '.join(told)}{more}"
        )
    times = Counter(header)
    twice = [name for name in needed if times[name] > 1]
    if twice:
        raise DataRejected(f"the header names {twice[0]!r} {times[twice[0]]} times")


def _near(name: str, header: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, header, n=1, cutoff=0.75)
    return f" (the file has {near[0]!r})" if near else ""
