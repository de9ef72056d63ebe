"""Encoded rows come back by part, in the order of the file, whoever else is reading."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from perennial.training.split import HOLDOUT, PARTS, TRAIN, VALIDATION, rows_of
from perennial.training.spool import Spool

RANDOM = np.random.default_rng(0)
CODES = RANDOM.normal(size=(50, 3)).astype(np.float32)
ROWS = RANDOM.integers(0, 3, 50).astype(np.uint8)
ROWS[:10] = HOLDOUT  # a batch without a row of the others


def spool() -> Spool:
    found = Spool(3)
    for start in range(0, 50, 10):
        found.add(CODES[start : start + 10], ROWS[start : start + 10])
    return found


@pytest.mark.parametrize(
    "parts", [some for n in (1, 2, 3) for some in itertools.permutations(PARTS, n)]
)
def test_rows_of_some_parts_keep_the_order_of_the_file(parts: tuple[int, ...]) -> None:
    codes, chosen = zip(*spool().read(*parts), strict=True)
    assert np.array_equal(np.concatenate(chosen), rows_of(ROWS, *parts))
    assert np.array_equal(np.concatenate(codes), CODES[rows_of(ROWS, *parts)])


def test_two_readers_do_not_disturb_each_other() -> None:
    rows = spool()
    both = zip(rows.read(TRAIN), rows.read(VALIDATION), strict=True)
    train, validation = zip(*((one[0], other[0]) for one, other in both), strict=True)
    assert np.array_equal(np.concatenate(train), CODES[ROWS == TRAIN])
    assert np.array_equal(np.concatenate(validation), CODES[ROWS == VALIDATION])
