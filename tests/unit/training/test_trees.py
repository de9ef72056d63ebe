"""`libxgboost` walks trees of other libraries exactly as those libraries do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.serving.libxgboost import Trees
from perennial.training.trees import Tree, forest_of, next_float32

FINITE = st.floats(width=64, allow_nan=False, allow_infinity=False, min_value=-3e38, max_value=3e38)
CODES = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(threshold=FINITE, code=CODES)
def test_at_most_a_double_is_below_a_float(threshold: float, code: float) -> None:
    (following,) = next_float32(np.array([threshold]))
    assert bool(np.float32(code) < following) is (code <= threshold)


def stump(threshold: float, *, missing_left: bool, to_right: list[int] | None = None) -> Tree:
    return Tree(
        left=np.array([1, -1, -1]),
        right=np.array([2, -1, -1]),
        feature=np.array([0, 0, 0]),
        threshold=np.array([threshold, 0, 0]),
        missing_left=np.array([missing_left, False, False]),
        values=np.array([[0.0], [1.0], [2.0]]),
        to_right={} if to_right is None else {0: np.array(to_right)},
    )


def walked(tree: Tree, values: list[float]) -> list[float]:
    forest = forest_of([tree], 1)
    codes = np.array(values, dtype=np.float32)
    nodes = Trees(forest.model).leaves(codes.ctypes.data, len(codes), 1)
    table = np.frombuffer(forest.leaves)
    return [float(table[forest.offsets[0] + int(node)]) for node in nodes]


@given(threshold=st.sampled_from([0.0, 1e-45, -1e-45, 1.5, 3e38, -3e38]) | FINITE, code=CODES)
def test_a_number_goes_where_its_own_library_sends_it(threshold: float, code: float) -> None:
    expected = [1.0 if code <= threshold else 2.0]
    assert walked(stump(threshold, missing_left=True), [code]) == expected


@pytest.mark.parametrize("missing_left", [True, False])
def test_missing_values_and_categories_go_where_they_are_sent(missing_left: bool) -> None:
    tree = stump(0, missing_left=missing_left, to_right=[1, 70, 1000])
    absent = 1.0 if missing_left else 2.0
    codes = [0, 1, 2, 70, 71, 1000, 5000, np.nan]
    assert walked(tree, codes) == [1, 2, 1, 2, 1, 2, 1, absent]


def test_a_split_that_only_missing_values_take_to_the_right_is_walked() -> None:
    tree = stump(0.0, missing_left=False, to_right=[])
    assert walked(tree, [0, 1, 70, np.nan]) == [1, 1, 1, 2]


def test_a_tree_of_one_leaf_answers_with_it() -> None:
    alone = Tree(
        left=np.array([-1]),
        right=np.array([-1]),
        feature=np.array([-2]),
        threshold=np.array([-2.0]),
        missing_left=np.array([False]),
        values=np.array([[7.0]]),
    )
    assert walked(alone, [0.0, np.nan]) == [7.0, 7.0]
