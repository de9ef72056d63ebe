"""Which rows are fitted, which stop the fitting and which are held out.

The parts depend on the rows, the spec and the seed alone: not on batches, threads or versions of
the libraries that read the file.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perennial.spec import Split, SplitMethod

PARTS = TRAIN, VALIDATION, HOLDOUT = 0, 1, 2

Parts = npt.NDArray[np.uint8]  # one of the three per row, in file order
Marked = npt.NDArray[np.bool_]  # which rows, in file order
Numbers = npt.NDArray[np.float64]


def rows_of(parts: Parts, *chosen: int) -> Marked:
    """Which rows belong to one of the chosen parts."""
    marked: Marked = np.zeros(len(parts), dtype=np.bool_)
    for part in chosen:
        marked |= parts == part
    return marked


def split_rows(
    rows: int,
    split: Split,
    seed: int,
    *,
    classes: npt.NDArray[np.int32] | None = None,
    times: Numbers | None = None,
) -> Parts:
    """The part of each row.

    Args:
        rows: how many there are.
        split: method and shares.
        seed: of the random split.
        classes: code of each row's class, to stratify by; None for a regression.
        times: when each row was, for a split by time; None for the order of the file.
    """
    if split.method is SplitMethod.TIME:
        return _by_time(rows, split, times)
    return _at_random(rows, split, seed, classes)


def _by_time(rows: int, split: Split, times: Numbers | None) -> Parts:
    """The latest rows are held out, those before them validate; ties keep the file's order."""
    order = np.arange(rows) if times is None else np.argsort(times, kind="stable")
    held_out, validation = _count(rows, split.holdout), _count(rows, split.validation)
    parts: Parts = np.full(rows, TRAIN, dtype=np.uint8)
    parts[order[rows - held_out - validation :]] = VALIDATION
    parts[order[rows - held_out :]] = HOLDOUT
    return parts


def _count(rows: int, share: float) -> int:
    return max(1, round(rows * share))


def _at_random(rows: int, split: Split, seed: int, classes: npt.NDArray[np.int32] | None) -> Parts:
    """Shuffles, brings equal classes together and takes rows at even distances.

    So every part gets its share of every class within one row, however rare the class is.
    """
    order = np.random.Generator(np.random.PCG64(seed)).permutation(rows)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    held_out = _evenly(rows, _count(rows, split.holdout))
    rest = np.flatnonzero(~held_out)
    validation = rest[_evenly(len(rest), _count(rows, split.validation))]
    parts: Parts = np.full(rows, TRAIN, dtype=np.uint8)
    parts[order[held_out]] = HOLDOUT
    parts[order[validation]] = VALIDATION
    return parts


def _evenly(places: int, chosen: int) -> Marked:
    """`chosen` of `places`, at even distances (Bresenham's line, in whole numbers)."""
    steps = np.arange(places + 1, dtype=np.int64) * chosen // max(places, 1)
    marked: Marked = np.diff(steps) > 0
    return marked
