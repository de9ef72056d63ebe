"""A deterministic sample of rows, spread evenly over a file of unknown length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MAXIMUM_ROWS = 40_000


@dataclass(slots=True)
class Sample:
    """Every k-th row of some columns; k doubles whenever the sample outgrows its limit."""

    stride: int = 1
    _rows: int = 0  # seen so far
    _kept: int = 0
    _parts: dict[str, list[Floats]] = field(default_factory=dict)

    def add(self, columns: Mapping[str, Floats]) -> None:
        """Take the rows of a chunk: equally long columns, the same ones each time."""
        length = len(next(iter(columns.values()), ()))
        first = -self._rows % self.stride
        for name, values in columns.items():
            self._parts.setdefault(name, []).append(values[first :: self.stride].copy())
        self._rows += length
        self._kept += len(range(first, length, self.stride))
        while self._kept > MAXIMUM_ROWS:
            self._halve()

    def columns(self) -> dict[str, Floats]:
        """The sampled rows."""
        return {name: np.concatenate(parts) for name, parts in self._parts.items()}

    def _halve(self) -> None:
        self._parts = {
            name: [np.concatenate(parts)[::2].copy()] for name, parts in self._parts.items()
        }
        self.stride *= 2
        self._kept = (self._kept + 1) // 2
