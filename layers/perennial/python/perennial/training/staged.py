"""Watches scikit-learn's gradient boosting round by round, on rows it is not fitted on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.features.columnar import Matrix
from perennial.training.data import Labels
from perennial.training.estimator import Progress

_CURVE_POINTS = 200
_LOG_EVERY = 100  # rounds


class Staged:
    """A `monitor` of `fit`: stops when the loss has not fallen for some rounds.

    Attributes:
        best: rounds up to the one of the least loss, at least one.
    """

    def __init__(self, columns: Matrix, labels: Labels, patience: int, progress: Progress) -> None:
        """Take the rows to watch.

        Args:
            columns: what the trees ask for, [rows, columns].
            labels: of the rows.
            patience: rounds without a gain after which to stop; 0 to go on.
            progress: is told every hundred rounds.
        """
        self.best = 1
        self._columns = columns
        self._labels = labels.astype(np.float64)
        self._patience = patience
        self._progress = progress
        self._losses: list[float] = []
        self._raw: npt.NDArray[np.float64] | None = None

    def __call__(self, number: int, model: Any, variables: dict[str, Any]) -> bool:
        """Called by the library after each round; True stops it."""
        if self._raw is None:
            self._raw = model._raw_predict_init(self._columns)
        for output, tree in enumerate(model.estimators_[number]):
            self._raw[:, output] += model.learning_rate * tree.predict(
                self._columns, check_input=False
            )
        # Some of its losses are halves, and the library reports them doubled.
        loss = variables["factor"] * float(model._loss(self._labels, self._raw))
        self._losses.append(loss)
        if number % _LOG_EVERY == 0:
            self._progress("fitting", round=number + 1, validation=loss)
        if loss < self._losses[self.best - 1] - model.tol:
            self.best = number + 1
        return 0 < self._patience <= number + 1 - self.best

    def curve(self, train: npt.NDArray[np.float64]) -> list[dict[str, float]]:
        """Loss by round, thinned to some points that are enough for a plot.

        Args:
            train: loss on the training part by round, on the same scale.
        """
        last = len(self._losses) - 1
        step = max(1, (last + 1) // _CURVE_POINTS)
        return [
            {"round": n + 1, "train": float(train[n]), "validation": self._losses[n]}
            for n in sorted({*range(0, last + 1, step), last})
        ]
