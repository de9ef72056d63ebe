"""Notes what is wrong with the values of one column: counts, and rows as examples."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.data.columns import Column
from perennial.data.conversion import EXPECTED, Converted
from perennial.data.csv_reader import Chunk
from perennial.data.problems import Example, ProblemKind, Problems, Severity, shown

BEYOND_DOUBLE = "an integer beyond 2**53, which a number cannot hold exactly"
Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Notes:
    """The problems of one column so far."""

    column: Column
    problems: Problems = field(default_factory=Problems)
    _excused: tuple[int, Mask] | None = None  # rows of the chunk that begins with this row

    def note(
        self,
        kind: ProblemKind,
        mask: Mask,
        chunk: Chunk,
        message: str,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Count the rows of a chunk that a mask marks, if any."""
        count = int(np.count_nonzero(mask))
        if not count:
            return
        name = self.column.name
        rows = np.flatnonzero(mask)[: self.problems.room(kind, name)]
        examples = [self._example(int(row), chunk) for row in rows]
        self.problems.add(kind, name, message, count=count, examples=examples, severity=severity)

    def note_misfits(self, converted: Converted, chunk: Chunk, offset: int = 0) -> None:
        """Note the values a conversion could not bring to their type.

        Args:
            converted: values of some rows of the chunk.
            chunk: where they stand.
            offset: the first of these rows, within the chunk.
        """
        for kind, mask in converted.misfits:
            rows = np.zeros(chunk.table.num_rows, bool)
            rows[offset : offset + len(mask)] = mask.fill_null(False).to_numpy(zero_copy_only=False)
            if not rows.any():
                continue
            self.excuse(chunk, rows)
            message = {
                ProblemKind.NOT_AN_INTEGER: "a number with a fraction; expected an integer",
                ProblemKind.NOT_FINITE: "a value that is not finite",
                ProblemKind.TOO_LARGE: BEYOND_DOUBLE,
            }.get(kind, f"a value of another type; expected {EXPECTED[self.column.type]}")
            self.note(kind, rows, chunk, message)

    def excuse(self, chunk: Chunk, rows: Mask) -> None:
        """Rows whose value became null because it did not fit are not missing as well."""
        before = self._of(chunk)
        self._excused = (chunk.first_row, rows if before is None else before | rows)

    def unexcused(self, chunk: Chunk, rows: Mask) -> Mask:
        """The rows that are null for no other reason noted."""
        excused = self._of(chunk)
        return rows if excused is None else rows & ~excused

    def _of(self, chunk: Chunk) -> Mask | None:
        if self._excused is None or self._excused[0] != chunk.first_row:
            return None
        return self._excused[1]

    def _example(self, row: int, chunk: Chunk) -> Example:
        line = chunk.lines.of(row) if chunk.lines else None
        told = None if self.column.withheld else _told(chunk.table.column(self.column.name)[row])
        return Example(chunk.first_row + row + 1, line, told)


def _told(value: pa.Scalar) -> str | None:
    """A value as an example shows it; None when it is missing or Python cannot express it."""
    try:
        found = value.as_py()
    except (ValueError, OverflowError):  # a text that is not UTF-8, a time before the year 1
        return None
    return None if found is None else shown(str(found))
