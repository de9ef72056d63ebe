"""Cuts a text file into chunks of whole records, in one pass over its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from perennial.data.ahead import one_ahead
from perennial.data.blocks import Block, lines_of
from perennial.data.csv_reader import without_header
from perennial.data.encodings import Encoding
from perennial.data.sniffing import Compression
from perennial.data.source import Source, SourceFacts
from perennial.scoring.record_ends import record_ends
from perennial.scoring.records import Chunk

LARGEST = 64 << 20  # bytes of a chunk, about
MANY = 10_000  # chunks after which the next are twice as large: a list of tiny ones is memory too


@dataclass(slots=True)
class _Open:
    """The chunk that is being filled; offsets are those of the text as UTF-8."""

    start: int
    line: int
    wanted: int
    number: int = 0
    row: int = 1
    rows: int = 0
    size: int = 0
    lines: int = 0

    def take(self, piece: bytes, rows: int) -> None:
        self.rows += rows
        self.size += len(piece)
        self.lines += lines_of(piece)

    @property
    def full(self) -> bool:
        return self.rows >= self.wanted or self.size >= LARGEST

    def close(self) -> Chunk:
        """The chunk as it is; the next one begins behind it."""
        chunk = Chunk(self.number, self.row, self.rows, self.line, self.start, self.size)
        self.number += 1
        self.row += self.rows
        self.start += self.size
        self.line += self.lines
        self.rows = self.size = self.lines = 0
        if self.number % MANY == 0:
            self.wanted *= 2
        return chunk


def cut(source: Source, wanted: int) -> list[Chunk]:
    """The chunks of a text file, in order; all but the last have `wanted` rows if they fit.

    After `MANY` chunks they get larger.

    Offsets are those of the file itself when `in_place` says so, else those of its text.

    Raises:
        UnreadableData: the file breaks off or cannot be understood from some line on.
    """
    chunks = list(_cuts(one_ahead(source.blocks()), source.dialect.delimiter, wanted))
    if not in_place(source.facts()) or not chunks:
        return chunks
    mark = source.facts().size - chunks[-1].start - chunks[-1].size
    return [replace(chunk, start=chunk.start + mark) for chunk in chunks]


def in_place(facts: SourceFacts) -> bool:
    """Whether parts of a file can be read by their offsets: it is plain UTF-8.

    Anything else has to be gone through from its beginning.
    """
    return facts.compression is Compression.NONE and facts.encoding is Encoding.UTF_8


def texts(source: Source, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, bytes]]:
    """Each chunk with its text as UTF-8, from another pass over a file that was cut.

    Raises:
        UnreadableData: as `cut`.
    """
    pieces = (block.text for block in one_ahead(source.blocks()))
    held, offset = b"", 0
    for chunk in chunks:
        end = chunk.start + chunk.size
        while offset + len(held) < end:
            held += next(pieces)
        yield chunk, held[chunk.start - offset : end - offset]
        held, offset = held[end - offset :], end


def _cuts(blocks: Iterable[Block], delimiter: str, wanted: int) -> Iterator[Chunk]:
    chunk: _Open | None = None
    for block in blocks:
        body = block
        if chunk is None:
            body = without_header(block)
            chunk = _Open(len(block.text) - len(body.text), body.first_line, wanted)
        yield from _filled(chunk, body.text, delimiter)
    if chunk is not None and chunk.rows:
        yield chunk.close()


def _filled(chunk: _Open, text: bytes, delimiter: str) -> Iterator[Chunk]:
    """The chunks that get full with the records of a text."""
    ends = record_ends(text, delimiter)
    used = begin = 0
    while used < len(ends):
        rows = min(chunk.wanted - chunk.rows, len(ends) - used)
        used += rows
        end = len(text) if used == len(ends) else int(ends[used - 1])
        chunk.take(text[begin:end], rows)
        begin = end
        if chunk.full:
            yield chunk.close()
    if not len(ends):
        chunk.take(text, 0)
