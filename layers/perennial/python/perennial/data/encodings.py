"""Brings text of any supported encoding to UTF-8, block by block, and refuses what is no text."""

from __future__ import annotations

import codecs
from enum import StrEnum

from perennial.errors import UnreadableData


class Encoding(StrEnum):
    """The encodings that can be read."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    LATIN_1 = "latin-1"  # read as Windows-1252, which differs where Latin-1 has control codes


# WHATWG Encoding Standard, section 4.2: the label latin1 means windows-1252.
_LATIN_1 = "cp1252"
_MOSTLY = 10  # valid sequences per invalid byte from which a file counts as damaged UTF-8


class Transcoder:
    """Turns blocks of raw bytes into UTF-8. Blocks may be cut anywhere.

    The encoding is taken from a byte order mark; without one the text is UTF-8 until bytes
    come that cannot be, and Latin-1 from there on: all before was ASCII, which is the same.
    """

    def __init__(self, head: bytes) -> None:
        self.encoding = Encoding.UTF_8
        self._skip = 0
        self._seen_utf_8 = False
        self._rest = b""
        self._line = 1
        self._decoder: codecs.IncrementalDecoder | None = None
        if head.startswith(codecs.BOM_UTF8):
            self._skip, self._seen_utf_8 = len(codecs.BOM_UTF8), True
        elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self.encoding = Encoding.UTF_16
            self._decoder = codecs.getincrementaldecoder("utf-16")(errors="strict")

    def __call__(self, raw: bytes, last: bool, line: int = 1) -> bytes:
        """The next block as UTF-8; `line` is where it begins, for messages.

        Raises:
            UnreadableData: the bytes are no text, or of an encoding that cannot be told.
        """
        self._line = line
        if self._skip:
            raw, self._skip = raw[self._skip :], 0
        text = self._decoded(raw, last)
        if b"\0" in text:
            raise UnreadableData(self._null_byte(text))
        return text

    def _decoded(self, raw: bytes, last: bool) -> bytes:
        if self._decoder is not None:
            try:
                return self._decoder.decode(raw, last).encode()
            except UnicodeError as error:
                raise UnreadableData(
                    f"line {self._line}: the file begins as UTF-16 and does not go on as such"
                ) from error
        if self.encoding is Encoding.LATIN_1:
            return self._latin_1(raw)
        block, self._rest = self._rest + raw if self._rest else raw, b""
        if block.isascii():
            return block
        return self._utf_8(block, last)

    def _utf_8(self, block: bytes, last: bool) -> bytes:
        try:
            _, used = codecs.utf_8_decode(block, "strict", last)
        except UnicodeDecodeError as error:
            if self._seen_utf_8 or _valid_sequences(block) >= _MOSTLY * _invalid_bytes(block):
                raise UnreadableData(self._at(block, error.start, "is not UTF-8")) from error
            self.encoding = Encoding.LATIN_1
            return self._latin_1(block)
        self._rest = block[used:]
        self._seen_utf_8 = self._seen_utf_8 or not block[:used].isascii()
        return block[:used] if self._rest else block

    def _latin_1(self, block: bytes) -> bytes:
        try:
            return block.decode(_LATIN_1).encode()
        except UnicodeDecodeError as error:
            at = self._at(block, error.start, "is of an unknown encoding")
            raise UnreadableData(f"{at}; expected UTF-8, UTF-16 or Latin-1") from error

    def _at(self, block: bytes, offset: int, what: str) -> str:
        line = self._line + block.count(b"\n", 0, offset)
        column = offset - block.rfind(b"\n", 0, offset)
        return f"line {line}, byte {column}: the text {what} (byte 0x{block[offset]:02x})"

    def _null_byte(self, text: bytes) -> str:
        offset = text.index(b"\0")
        line = self._line + text.count(b"\n", 0, offset)
        column = offset - text.rfind(b"\n", 0, offset)
        hint = "; is it UTF-16 without a byte order mark?" if _alternating(text) else ""
        return f"line {line}, byte {column}: a null byte; expected text{hint}"


def _valid_sequences(block: bytes) -> int:
    """How many characters beyond ASCII are there as proper UTF-8."""
    kept = block.decode("utf-8", "ignore")
    return len(kept) - len(kept.encode("ascii", "ignore"))


def _invalid_bytes(block: bytes) -> int:
    """How many bytes belong to no UTF-8 sequence."""
    return len(block) - len(block.decode("utf-8", "ignore").encode())


def _alternating(text: bytes) -> bool:
    """Whether about every second byte is null, as in UTF-16 of western text."""
    sample = text[:4096]
    return sample.count(b"\0") > len(sample) // 3
