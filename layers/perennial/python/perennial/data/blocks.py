"""Cuts a stream of delimited text into blocks of whole records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from perennial.data.encodings import Transcoder
from perennial.data.quotes import quoted
from perennial.errors import UnreadableData

BLOCK = 4 << 20  # bytes read at a time
MAXIMUM_RECORD = 64 << 20  # bytes; a longer one is a mistake
LINE_FEED, CARRIAGE_RETURN = b"\n", b"\r"

Read = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records, UTF-8, without a byte order mark."""

    text: bytes
    first_line: int


def blocks(
    read: Read, transcoder: Transcoder, delimiter: str, size: int = BLOCK
) -> Iterator[Block]:
    """Blocks of about `size` bytes, cut where a record ends.

    Raises:
        UnreadableData: no text, or a quoted value that never ends.
    """
    carry, line = b"", 1
    while True:
        raw = filled(read, size)
        last = len(raw) < size
        text = carry + transcoder(raw, last, line + carry.count(LINE_FEED))
        cut, opened = end_of_records(text, delimiter)
        if (last and opened is not None) or (cut == 0 and len(text) > MAXIMUM_RECORD):
            raise UnreadableData(_never_ends(text, opened, line))
        cut = len(text) if last else cut
        whole, carry = text[:cut], text[cut:]
        if whole:
            yield Block(whole, line)
            line += lines_of(whole)
        if last:
            return


def filled(read: Read, size: int) -> bytes:
    """Exactly `size` bytes, less only at the end: a network stream may return fewer per call."""
    parts, missing = [], size
    while missing and (part := read(missing)):
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def lines_of(text: bytes) -> int:
    """Lines in whole records; a lone carriage return ends one where there are no line feeds."""
    return text.count(LINE_FEED) or text.count(CARRIAGE_RETURN)


def end_of_records(text: bytes, delimiter: str) -> tuple[int, int | None]:
    """Length of the whole records that `text`, which begins with one, begins with.

    Also the offset of a quote that opens a value and is not closed within the text.
    """
    stretches = quoted(text, delimiter)
    mark = LINE_FEED if LINE_FEED in text else CARRIAGE_RETURN
    # A carriage return at the very end may be half of a line break.
    limit = len(text) - (mark == CARRIAGE_RETURN)
    end = text.rfind(mark, 0, limit) + 1
    while end and (opening := stretches.around(end)) is not None:
        end = text.rfind(mark, 0, opening) + 1
    return end, stretches.unclosed


def _never_ends(text: bytes, opening: int | None, line: int) -> str:
    if opening is None:
        return f"line {line} does not end within {MAXIMUM_RECORD >> 20} MiB; expected a line break"
    at = line + text.count(LINE_FEED, 0, opening)
    return f"line {at}: a quoted value begins and is never closed; expected a closing quote"
