"""The synthetic rows: 20 columns as real tables have them, with or without a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = dict[str, npt.NDArray[Any]]
LEVELS = {f"level_{k}": k for k in (5, 8, 12, 20, 30, 50)}
NUMBERS = (
    *(f"normal_{n}" for n in range(4)),
    *(f"lognormal_{n}" for n in range(3)),
    *(f"heavy_{n}" for n in range(2)),
    *(f"count_{n}" for n in range(3)),
    *(f"zero_inflated_{n}" for n in range(2)),
)


@dataclass(frozen=True, slots=True)
class Change:
    """What is other than in the reference.

    Attributes:
        kind: `none`; `shift` moves normal_0 by `size` standard deviations; `heavy-shift` does so
            with heavy_0; `spread` multiplies the deviations of normal_1 by 1 + `size`; `share`
            gives `size` of the rows of level_8, whatever they had, its first label;
            `correlation` makes normal_2 and normal_3 correlate.
        size: how much.
    """

    kind: str = "none"
    size: float = 0.0


NONE = Change()


def drawn(random: np.random.Generator, rows: int, change: Change = NONE) -> Columns:
    """Rows by column."""
    found: Columns = {}
    for n in range(4):
        found[f"normal_{n}"] = random.normal(size=rows)
    for n in range(3):
        found[f"lognormal_{n}"] = random.lognormal(size=rows)
    for n in range(2):
        found[f"heavy_{n}"] = random.standard_t(3, size=rows)
    for n in range(3):
        found[f"count_{n}"] = random.poisson(4 * (n + 1), rows)
    for n in range(2):
        zero = random.random(rows) < 0.6
        found[f"zero_inflated_{n}"] = np.where(zero, 0.0, random.exponential(10, rows))
    for name, levels in LEVELS.items():
        labels = np.array([f"L{j:02d}" for j in range(levels)], object)
        found[name] = labels[random.choice(levels, rows, p=_shares(levels))]
    _apply(found, random, rows, change)
    return found


def _shares(levels: int) -> npt.NDArray[np.float64]:
    """A few frequent labels and many rarer ones."""
    weights = 1 / np.sqrt(np.arange(1, levels + 1))
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


def _apply(columns: Columns, random: np.random.Generator, rows: int, change: Change) -> None:
    size = change.size
    if change.kind == "shift":
        columns["normal_0"] = columns["normal_0"] + size
    elif change.kind == "heavy-shift":
        columns["heavy_0"] = columns["heavy_0"] + size * np.sqrt(3)
    elif change.kind == "spread":
        columns["normal_1"] = columns["normal_1"] * (1 + size)
    elif change.kind == "share":
        moved = random.random(rows) < size
        columns["level_8"] = np.where(moved, "L00", columns["level_8"])
    elif change.kind == "correlation":
        rest = np.sqrt(1 - size**2) * columns["normal_3"]
        columns["normal_3"] = size * columns["normal_2"] + rest


def subset(columns: Columns, names: Sequence[str]) -> Columns:
    """Some of the columns."""
    return {name: columns[name] for name in names}
