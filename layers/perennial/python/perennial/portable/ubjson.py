"""Reads Universal Binary JSON (https://ubjson.org, draft 12) as XGBoost and we write it.

Typed arrays become `array`s, whole and without an object for each number. Standard library only.
"""

from __future__ import annotations

import struct
import sys
from array import array

from perennial.errors import ArtifactError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_NUMBERS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}
_CONSTANTS: Mapping[bytes, object] = {b"Z": None, b"T": True, b"F": False}
_CODES = {b"i": "b", b"U": "B", b"I": "h", b"l": "i", b"L": "q", b"d": "f", b"D": "d"}


def loads(data: bytes) -> Any:
    """The document.

    Raises:
        ArtifactError: the bytes are damaged.
    """
    try:
        return _Reader(data).value()
    except (struct.error, KeyError, UnicodeDecodeError, RecursionError) as error:
        raise ArtifactError("the trees of the artifact are damaged") from error


class _Reader:
    """A place in the bytes, and what is read from there on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self, marker: bytes = b"") -> Any:
        marker = marker or self._take(1)
        if marker == b"{":
            return self._object()
        if marker == b"[":
            return self._array()
        if marker in (b"S", b"C"):
            return self._text() if marker == b"S" else self._take(1).decode()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        form = _NUMBERS[marker]
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        count = self._count()
        while len(found) != count:
            if count is None and self._peek() == b"}":
                self._at += 1
                break
            name = self._text()
            found[name] = self.value()
        return found

    def _array(self) -> Any:
        if self._peek() == b"$":
            self._at += 1
            return self._typed(self._take(1))
        found: list[Any] = []
        count = self._count()
        while len(found) != count:
            if count is None and self._peek() == b"]":
                self._at += 1
                break
            found.append(self.value())
        return found

    def _typed(self, kind: bytes) -> array[Any]:
        numbers: array[Any] = array(_CODES[kind])
        count = self._count()
        if count is None:
            raise KeyError("a typed array tells its length")
        numbers.frombytes(self._take(count * numbers.itemsize))
        if sys.byteorder == "little":
            numbers.byteswap()
        return numbers

    def _count(self) -> int | None:
        if self._peek() != b"#":
            return None
        self._at += 1
        return int(self.value())

    def _text(self) -> str:
        return self._take(int(self.value())).decode()

    def _peek(self) -> bytes:
        return self._data[self._at : self._at + 1]

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if size < 0 or len(taken) != size:
            raise KeyError("the document is cut short")
        self._at += size
        return taken
