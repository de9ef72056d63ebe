"""From which probability on a row is called positive."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UNDECIDED = 0.5


def best_threshold(positive: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> float:
    """The threshold of the largest F1, halfway to the next lower score.

    Args:
        positive: probability of the positive class, [rows].
        truth: whether the row is positive, [rows].

    Returns:
        The threshold; `UNDECIDED` when the rows are all of one class, for then F1 says nothing.
    """
    if truth.all() or not truth.any():
        return UNDECIDED
    order = np.argsort(-positive, kind="stable")
    scores, hits = positive[order], np.cumsum(truth[order])
    called = np.arange(1, len(scores) + 1)
    f1 = 2 * hits / (called + truth.sum())
    # Rows of one score are called alike: only the last of them is a choice.
    f1[np.flatnonzero(scores[:-1] == scores[1:])] = -1
    best = int(np.argmax(f1))
    lower = scores[best + 1] if best + 1 < len(scores) else 0.0
    halfway = float((scores[best] + lower) / 2)
    return halfway if halfway > lower else float(scores[best])
