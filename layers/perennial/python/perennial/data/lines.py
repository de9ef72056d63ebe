"""Where rows of a block stand in their file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

from perennial.data.dialect import Dialect


@dataclass(slots=True)
class Lines:
    """Line numbers of the rows of one block of a text file.

    Rows and lines count alike unless values hold line breaks or lines are empty; only then,
    and only when somebody asks, is the block read again record by record.
    """

    text: bytes  # the block, UTF-8
    first: int  # line of the block's first byte, from 1
    rows: int
    dialect: Dialect
    skipped: frozenset[int] = frozenset()  # lines of records that were left out as ragged
    _exact: list[int] | None = field(default=None, init=False)

    def of(self, row: int) -> int:
        """Line on which a row of the block begins; rows are counted from 0."""
        if self._exact is None:
            lines = self.text.count(b"\n") + (not self.text.endswith(b"\n"))
            if lines == self.rows and not self.skipped:
                return self.first + row
            self._exact = [
                line
                for line, _ in records(self.text, self.first, self.dialect)
                if line not in self.skipped
            ]
        return self._exact[row] if row < len(self._exact) else self.first


def records(text: bytes, first: int, dialect: Dialect) -> list[tuple[int, list[str]]]:
    """Every record of a block with the line it begins on; empty lines are none."""
    source = io.StringIO(text.decode("utf-8", errors="replace"), newline="")
    reader = csv.reader(source, delimiter=dialect.delimiter, strict=False)
    found = []
    begins = first
    usual = csv.field_size_limit(len(text) + 1)  # of the whole process: others rely on theirs
    try:
        for fields in reader:
            if fields:
                found.append((begins, fields))
            begins = first + reader.line_num
    finally:
        csv.field_size_limit(usual)
    return found
