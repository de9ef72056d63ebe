"""How a text file separates its values, read off its first lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass

DELIMITERS = ",;\t|"
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SAMPLE = 200  # records looked at


@dataclass(frozen=True, slots=True)
class Dialect:
    """The form of a delimited text file. Quotes are double quotes, doubled inside a value."""

    delimiter: str
    header: tuple[str, ...]

    @property
    def spoken(self) -> str:
        """The delimiter as a word."""
        return NAMES[self.delimiter]


def sniff(sample: str, expected: Collection[str] = ()) -> Dialect:
    """The dialect of a file that begins with `sample`.

    The delimiter is the one that yields most of the expected column names; without or among
    equals, the one that divides most records into the same number of values.

    Args:
        sample: complete records, the header first; without a byte order mark.
        expected: names the header should hold.
    """
    scored = [_scored(sample, delimiter, expected) for delimiter in DELIMITERS]
    return max(scored, key=lambda one: one[0])[1]


def _scored(
    sample: str, delimiter: str, expected: Collection[str]
) -> tuple[tuple[int, float, int], Dialect]:
    rows = _rows(sample, delimiter)
    header = tuple(name.strip() for name in rows[0]) if rows else ()
    known = len(set(header) & set(expected))
    width = len(header)
    alike = sum(len(row) == width for row in rows[1:]) / max(len(rows) - 1, 1)
    return (known, alike if width > 1 else 0.0, width), Dialect(delimiter, header)


def _rows(sample: str, delimiter: str) -> Sequence[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > _SAMPLE:
                break
    except csv.Error:  # a value longer than the module's limit: what was read will do
        pass
    return rows
