"""What a fitted pipeline says about rows, in the order and form every model answers in."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Scores = npt.NDArray[np.float64]  # [rows, classes] probabilities, or [rows, 1] estimates


class NoAnswer(ValueError):
    """The pipeline gave something that is no answer; the message says what, and no value."""


def scores_of(model: Any, frame: pd.DataFrame, columns: Sequence[int] | None) -> Scores:
    """Ask a fitted pipeline.

    Args:
        model: it has `predict_proba`, or `predict` for a regression.
        frame: the rows.
        columns: where the probability of each class stands among those the pipeline gives, in
            the order of our classes; None for a regression.

    Raises:
        NoAnswer: what came back has another shape, or is not a finite number.
        Exception: whatever the pipeline raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as that of a category never seen, at every request
        said = model.predict(frame) if columns is None else model.predict_proba(frame)
    scores = np.asarray(said, dtype=np.float64)
    if columns is None:
        scores = scores.reshape(-1, 1) if scores.ndim == 1 else scores
        wanted = (len(frame), 1)
    else:
        wanted = (len(frame), len(columns))
    if scores.shape != wanted:
        raise NoAnswer(f"the pipeline answers in the shape {scores.shape} where {wanted} is due")
    if not np.isfinite(scores).all():
        raise NoAnswer("the pipeline answers with something that is not a finite number")
    return scores if columns is None else scores[:, list(columns)]
