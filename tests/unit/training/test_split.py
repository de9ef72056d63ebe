"""Parts have their shares, their classes and their order, and nothing but the seed moves them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.spec import Split, SplitMethod
from perennial.training.split import HOLDOUT, TRAIN, VALIDATION, split_rows

TIME = Split(method=SplitMethod.TIME, holdout=0.2, validation=0.1)
RANDOM = Split(holdout=0.2, validation=0.1)


def test_the_latest_rows_are_held_out() -> None:
    parts = split_rows(10, TIME, 0, times=np.array([5, 9, 1, 8, 2, 7, 3, 4, 6, 0.0]))
    assert np.flatnonzero(parts == HOLDOUT).tolist() == [1, 3]
    assert np.flatnonzero(parts == VALIDATION).tolist() == [5]


def test_without_a_time_column_the_order_of_the_file_counts() -> None:
    assert split_rows(10, TIME, 0).tolist() == [TRAIN] * 7 + [VALIDATION] + [HOLDOUT] * 2


@given(
    rows=st.integers(20, 400),
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=9),
    holdout=st.floats(0.05, 0.5),
    validation=st.floats(0.05, 0.4),
    seed=st.integers(0, 9),
)
def test_every_class_gets_its_share_of_every_part(
    rows: int, counts: list[int], holdout: float, validation: float, seed: int
) -> None:
    classes = np.resize(np.repeat(np.arange(len(counts)), counts), rows).astype(np.int32)
    split = Split(holdout=holdout, validation=validation)
    parts = split_rows(rows, split, seed, classes=classes)
    assert (parts == HOLDOUT).sum() == max(1, round(rows * holdout))
    assert (parts == VALIDATION).sum() == max(1, round(rows * validation))
    for label in np.unique(classes):
        own = parts[classes == label]
        for part, share in ((HOLDOUT, holdout), (VALIDATION, validation)):
            assert abs((own == part).sum() - len(own) * share) <= 3


def test_the_same_seed_gives_the_same_parts_and_another_gives_others() -> None:
    classes = np.resize(np.arange(3, dtype=np.int32), 500)
    first = split_rows(500, RANDOM, 7, classes=classes)
    assert (first == split_rows(500, RANDOM, 7, classes=classes)).all()
    assert (first != split_rows(500, RANDOM, 8, classes=classes)).any()


@pytest.mark.parametrize("classes", [None, np.resize(np.arange(2, dtype=np.int32), 100)])
def test_the_parts_of_a_seed_stay_what_they_are_between_releases(
    classes: np.ndarray | None,
) -> None:
    parts = split_rows(100, RANDOM, 3, classes=classes)
    held_out = np.flatnonzero(parts == HOLDOUT)[:5].tolist()
    assert held_out == ([8, 19, 20, 26, 30] if classes is None else [4, 19, 28, 41, 49])
