"""The threshold is the one with the largest F1, and stays sensible where F1 says nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from perennial.training.threshold import UNDECIDED, best_threshold
from sklearn.metrics import f1_score


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=40))
def test_no_other_threshold_has_a_larger_f1(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 20 for score, _ in rows])
    truth = np.array([hit for _, hit in rows])
    found = best_threshold(scores, truth)
    if truth.all() or not truth.any():
        assert found == UNDECIDED
        return
    best = max(f1_score(truth, scores >= other) for other in np.unique(scores))
    assert f1_score(truth, scores >= found) >= best - 1e-12


def test_the_threshold_lies_between_two_scores() -> None:
    assert best_threshold(np.array([0.1, 0.3, 0.7, 0.9]), np.array([0, 0, 1, 1]) > 0) == 0.5
