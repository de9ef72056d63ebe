"""Where the records of a text end, found without parsing it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perennial.data.quotes import quoted

_LINE_FEED, _CARRIAGE_RETURN = ord("\n"), ord("\r")


def record_ends(text: bytes, delimiter: str) -> npt.NDArray[np.int64]:
    """Offsets just behind each record of a text that begins outside of quotes, ascending.

    As the parser sees it: a line break inside of quotes is part of a value, an empty line is no
    record, and the last record may go without a line break.
    """
    data = np.frombuffer(text, np.uint8)
    breaks = _unquoted(_line_breaks(data, text), text, delimiter)
    ends = breaks + 1
    if not len(ends) or ends[-1] < len(data):
        ends = np.append(ends, len(data))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    return ends[~_empty(data, starts, ends)]


def _line_breaks(data: npt.NDArray[np.uint8], text: bytes) -> npt.NDArray[np.int64]:
    """Where lines end: at a line feed, or at a carriage return that none follows."""
    feeds = data == _LINE_FEED
    if b"\r" in text:
        lone = data == _CARRIAGE_RETURN
        lone[:-1] &= ~feeds[1:]
        feeds |= lone
    return np.flatnonzero(feeds)


def _unquoted(breaks: npt.NDArray[np.int64], text: bytes, delimiter: str) -> npt.NDArray[np.int64]:
    stretches = quoted(text, delimiter)
    if not len(stretches.opens):
        return breaks
    closes = np.append(stretches.closes, len(text))[: len(stretches.opens)]
    before = np.searchsorted(stretches.opens, breaks) - 1
    inside = (before >= 0) & (breaks < closes[before])
    return breaks[~inside]


def _empty(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Lines that hold nothing but their own line break."""
    if not len(data):
        return np.ones(len(ends), np.bool_)
    breaks = (data == _LINE_FEED) | (data == _CARRIAGE_RETURN)
    found: npt.NDArray[np.bool_] = (ends - starts <= 2) & breaks[starts] & breaks[ends - 1]
    return found
