"""Feeds XGBoost batch by batch, so that the training data is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import xgboost

from perennial.features.columnar import Matrix
from perennial.training.data import Labels, TrainingData


class BatchFeed(xgboost.DataIter):
    """XGBoost's data iterator over some parts of the rows; it is run more than once."""

    def __init__(self, data: TrainingData, *parts: int) -> None:
        super().__init__()
        self._data = data
        self._parts = parts
        self._types = ["c" if category else "q" for category in data.categorical]
        self._batches: Iterator[tuple[Matrix, Labels]] = iter(())
        self._weights = data.weights(*parts)
        self._rows = 0

    def reset(self) -> None:
        """Start again with the first batch."""
        self._batches = self._data.batches(*self._parts)
        self._rows = 0

    def next(self, input_data: Callable[..., None]) -> bool:
        """Hand over the next batch; False after the last."""
        found = next(self._batches, None)
        if found is None:
            return False
        codes, labels = found
        here = slice(self._rows, self._rows + len(labels))
        self._rows += len(labels)
        weights = {} if self._weights is None else {"weight": self._weights[here]}
        input_data(data=codes, label=labels, feature_types=self._types, **weights)
        return True


def quantile_matrix(
    data: TrainingData,
    *parts: int,
    threads: int,
    max_bin: int,
    ref: xgboost.QuantileDMatrix | None = None,
) -> xgboost.QuantileDMatrix:
    """The rows of some parts in bins: about one byte per value, or two beyond 256 bins."""
    return xgboost.QuantileDMatrix(
        BatchFeed(data, *parts),
        nthread=threads,
        max_bin=max_bin,
        enable_categorical=True,
        ref=ref,
    )
