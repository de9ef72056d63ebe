"""Where a delimited text is inside quotes, found without a look at every character."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

QUOTE = b'"'
_Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretches:
    """Quoted stretches of a text: where each opens and closes, ascending."""

    opens: _Offsets
    closes: _Offsets  # one less than `opens` when the last one does not close

    def around(self, offset: int) -> int | None:
        """Where the stretch opens that an offset lies in; None when it lies in none."""
        at = int(np.searchsorted(self.opens, offset)) - 1
        if at < 0 or (at < len(self.closes) and self.closes[at] < offset):
            return None
        return int(self.opens[at])

    @property
    def unclosed(self) -> int | None:
        """Where a stretch opens that does not close."""
        return int(self.opens[-1]) if len(self.opens) > len(self.closes) else None


def quoted(text: bytes, delimiter: str) -> Stretches:
    """The quoted stretches of a text that begins outside of quotes.

    A quote opens a value only at its beginning (RFC 4180, section 2); elsewhere it is a
    character like any other. Where all quotes come in such pairs, counting them is enough;
    only a text with stray ones is gone through quote by quote. A doubled quote inside a value
    makes two stretches that touch, which is all the same to a line break.
    """
    none = np.empty(0, np.int64)
    if QUOTE not in text:
        return Stretches(none, none)
    data = np.frombuffer(text, np.uint8)
    at = np.flatnonzero(data == ord(QUOTE))
    opens = at[::2]
    before = data[np.maximum(opens - 1, 0)]
    proper = opens == 0
    for mark in (delimiter.encode(), b"\n", b"\r", QUOTE):
        proper |= before == ord(mark)
    if proper.all():
        return Stretches(opens, at[1::2])
    return _one_by_one(data, at, {ord(delimiter.encode()), ord("\n"), ord("\r")})


def _one_by_one(data: npt.NDArray[np.uint8], at: _Offsets, starts: set[int]) -> Stretches:
    opens: list[int] = []
    closes: list[int] = []
    inside = False
    positions = iter(at.tolist())
    for position in positions:
        if not inside:
            if position == 0 or int(data[position - 1]) in starts:
                opens.append(position)
                inside = True
        elif position + 1 < len(data) and data[position + 1] == ord(QUOTE):
            next(positions)  # a doubled quote: a character of the value
        else:
            closes.append(position)
            inside = False
    return Stretches(np.array(opens, np.int64), np.array(closes, np.int64))
