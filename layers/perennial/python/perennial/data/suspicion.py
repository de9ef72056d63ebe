"""What about the columns of a file should make a person look twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pyarrow.compute as pc

from perennial.data.association import NEARLY_DETERMINES, STRONG, strength
from perennial.data.columns import ColumnType
from perennial.data.guess import Guess
from perennial.labels import canonical
from perennial.spec import Task

_ID = re.compile(r"(^|[_\s-])(?i:id|uuid|guid|key|index|idx|instant|no|nr|number|row)$|[a-z]I[Dd]$")
_TIME = re.compile(r"date|time|day|month|year|timestamp|(_|^)(at|on|dt|ts)$", re.I)
_SENSITIVE = re.compile(
    r"gender|(^|_)sex($|_)|race|ethnic|religio|nationalit|disab|orientation|birth", re.I
)
_SAMPLE = 20_000  # rows
_FEWEST = 20  # rows; among fewer a count may be 0 and 1 by chance
_SPELLINGS = 4  # of 0 and 1: with a point, too
_PAIRS = 1_000  # of columns looked at for sums


def identifies(column: Guess) -> bool:
    """Whether a column tells rows apart and nothing else."""
    if column.nulls or column.distinct != column.rows or column.rows < 2:
        return False
    if column.type is ColumnType.INTEGER:
        values = column.floats()
        counted = bool(np.all(np.diff(values) == 1))
        return counted or _ID.search(column.name) is not None
    return column.type is ColumnType.CATEGORY


def is_flag(column: Guess) -> bool:
    """Whether a column of more than a few rows says yes or no in numbers: 1 and 0."""
    if not column.numeric or column.rows < _FEWEST or column.distinct > _SPELLINGS:
        return False
    return {canonical(text) for text in pc.unique(column.texts.drop_null()).to_pylist()} == {
        "0",
        "1",
    }


def tells_time(column: Guess) -> bool:
    """Whether a column says when a row came to be."""
    return column.type is ColumnType.TIMESTAMP


def looks_like_time(name: str) -> bool:
    """Whether a column is called after a time."""
    return _TIME.search(name) is not None


def looks_sensitive(name: str) -> bool:
    """Whether a column is called after something people are protected by."""
    return _SENSITIVE.search(name) is not None


def is_sorted(column: Guess) -> bool:
    """Whether the rows are in the order of this column."""
    values = column.floats()
    return not column.nulls and bool(np.all(values[1:] >= values[:-1]))


def strengths(columns: Sequence[Guess], target: Guess, task: Task) -> dict[str, float]:
    """How well each column alone predicts the target, on an even sample of the rows."""
    numeric = task is Task.REGRESSION
    truth = target.floats() if numeric else _codes(target)
    known = np.isfinite(truth) if numeric else truth >= 0
    step = max(1, len(truth) // _SAMPLE)
    kept = np.flatnonzero(known)[::step]
    return {
        column.name: strength(column.floats()[kept], truth[kept], task, column.numeric)
        for column in columns
    }


def _codes(target: Guess) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = (
        target.texts.dictionary_encode().indices.fill_null(-1).to_numpy().astype(np.float64)
    )
    return found


def leaks(found: Mapping[str, float], task: Task) -> dict[str, float]:
    """Columns that nearly determine the target."""
    return {name: value for name, value in found.items() if value >= NEARLY_DETERMINES[task]}


def strong(found: Mapping[str, float], task: Task) -> dict[str, float]:
    """Columns that say much about the target, and perhaps only because they come after it."""
    limit, leak = STRONG[task], NEARLY_DETERMINES[task]
    return {name: value for name, value in found.items() if limit <= value < leak}


def sums_to(columns: Sequence[Guess], target: Guess) -> tuple[str, str] | None:
    """Two columns that add up to the target in every row: parts of it, known no sooner."""
    if not target.numeric:
        return None
    whole = target.floats()
    numbers = [column for column in columns if column.numeric and not column.nulls]
    kept = slice(0, None, max(1, len(whole) // 2_000))
    for first, second in list(combinations(numbers, 2))[:_PAIRS]:
        total = first.floats()[kept] + second.floats()[kept]
        if np.allclose(total, whole[kept], rtol=1e-9, atol=0):
            return first.name, second.name
    return None
