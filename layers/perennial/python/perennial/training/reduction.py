"""Fewer columns that keep most of what several tell: principal components, truncated SVD.

The weights are eigenvectors of the columns' second moments: of standardised columns for PCA
(Pearson 1901), of the columns as they are for SVD (Eckart and Young 1936). The signs are such that
the largest weight of each is positive.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from perennial.errors import TrainingFailed
from perennial.features.by_column import Values
from perennial.spec.steps import ReduceMethod

Floats = npt.NDArray[np.float64]


def reduced(
    values: Sequence[Values], method: ReduceMethod, components: int
) -> tuple[list[float], list[float], list[list[float]]]:
    """What the columns are moved and divided by, and the weights of each component.

    Args:
        values: of the columns, training rows; NaN is missing, and taken for the mean (or 0).
        method: what of.
        components: how many.

    Raises:
        TrainingFailed: the columns cannot be brought together.
    """
    pca = method is ReduceMethod.PCA
    center = [_mean(one) if pca else 0.0 for one in values]
    scale = [_spread(one) if pca else 1.0 for one in values]
    terms = zip(values, center, scale, strict=True)
    rows = np.stack([np.nan_to_num((one - mean) / unit) for one, mean, unit in terms], axis=1)
    # With more threads the sums, and so the last bits, would depend on their number.
    with threadpool_limits(1):
        moments = rows.T @ rows / max(len(rows), 1)
        if not np.isfinite(moments).all():
            raise TrainingFailed("engineering: the columns to reduce have values too far apart")
        _, vectors = np.linalg.eigh(moments)
    weights = vectors[:, ::-1][:, :components].T
    largest = np.abs(weights).argmax(axis=1)
    signs = np.sign(weights[np.arange(len(weights)), largest])
    return center, scale, (weights * signs[:, np.newaxis]).tolist()


def _mean(values: Values) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0


def _spread(values: Values) -> float:
    known = values[~np.isnan(values)]
    constant = not len(known) or known.min() == known.max()
    spread = 0.0 if constant else float(known.std())
    return spread if spread > 0 else 1.0
