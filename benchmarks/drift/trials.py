"""Which windows are judged, the same ones by every tool: drawn from a seed for each repetition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.drift.columns import NONE, Change, Columns, drawn

_SHARED = 20  # windows that are compared with one and the same reference, where that is large
_SMALL = 5_000  # rows up to which each window gets a reference of its own
COLUMN = {"shift": "normal_0", "heavy-shift": "heavy_0", "spread": "normal_1", "share": "level_8"}
SIZES = {
    "shift": (0.05, 0.1, 0.15, 0.25, 0.5),
    "heavy-shift": (0.05, 0.1, 0.15, 0.25, 0.5),
    "spread": (0.05, 0.1, 0.15, 0.25, 0.5),
    "share": (0.02, 0.05, 0.1, 0.15, 0.2),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """Windows of so many rows beside references of so many."""

    reference: int
    rows: int
    repetitions: int
    change: Change = NONE

    def references(self) -> Iterator[tuple[Columns, range]]:
        """References, each with the numbers of the windows it is for."""
        each = 1 if self.reference <= _SMALL else _SHARED
        for first in range(0, self.repetitions, each):
            random = np.random.default_rng([1, self.reference, self.rows, first])
            yield drawn(random, self.reference), range(first, min(first + each, self.repetitions))

    def window(self, number: int) -> Columns:
        """The rows of one window; those of every kind of change begin as the same rows."""
        random = np.random.default_rng([2, self.reference, self.rows, number])
        return drawn(random, self.rows, self.change)


def changes() -> Iterator[Change]:
    """All changes that are looked for."""
    for kind, sizes in SIZES.items():
        for size in sizes:
            yield Change(kind, size)
