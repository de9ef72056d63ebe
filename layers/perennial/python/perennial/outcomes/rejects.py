"""The refused rows of a file of outcomes: where they stand and why, never what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perennial.data.csv_reader import Chunk

if TYPE_CHECKING:
    from perennial.outcomes.table import Checked

MOST = 100_000  # rows; a file wrong throughout needs no more to be understood


class Rejects:
    """A CSV file with a line for each of the first `MOST` refused rows."""

    def __init__(self, path: Path) -> None:
        """Args: path: of the file, which is made with the first row."""
        self._path = path
        self._rows = 0

    def add(self, chunk: Chunk, checked: Checked) -> None:
        """Tell of the refused rows of a chunk."""
        if not len(checked.refused) or self._rows >= MOST:
            return
        with self._path.open("a", encoding="utf-8", newline="") as file:
            if not self._rows:
                file.write("row,line,reason\r\n")
            for place, reason in zip(checked.refused.tolist(), checked.reasons, strict=True):
                line = "" if chunk.lines is None else chunk.lines.of(place)
                file.write(f'{chunk.first_row + place + 1},{line},"{reason}"\r\n')
                self._rows += 1
                if self._rows >= MOST:
                    return

    def finished(self) -> Path | None:
        """The file; None where no row was refused."""
        return self._path if self._rows else None
