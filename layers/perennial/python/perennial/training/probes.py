"""Encoded rows that a holdout may lack and a caller may send: missing values, extremes, categories.

Each is a row of the holdout with one column changed, so that a difference tells of that column.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from perennial.features.codec import LARGEST_FLOAT32
from perennial.features.columnar import Matrix
from perennial.features.encoder import Encoder
from perennial.features.schema import BOOLEAN, CATEGORY, MISSING, FeatureSchema

_MOST_CATEGORIES = 256  # probed of one feature, evenly chosen
_SUBNORMAL = 1e-45


def probes(rows: Matrix, encoder: Encoder) -> Iterator[Matrix]:
    """Batches of rows to compare: one of ordinary values, one of extremes.

    They are apart because what counts as rounding depends on the largest answer of a batch.

    Args:
        rows: encoded, at least one; they are varied in turn.
        encoder: of the model.
    """
    for values in (_ordinary, _extremes):
        changes = [
            (place, value)
            for place, column in enumerate(encoder.columns)
            for value in values(column)
        ]
        if changes:
            batch = rows[np.arange(len(changes)) % len(rows)]
            for row, (place, value) in zip(batch, changes, strict=True):
                row[place] = value
            yield batch


def _ordinary(feature: FeatureSchema) -> Iterator[float]:
    """No value where there may be none, and what the spec knows even if the data does not."""
    if feature.nullable or feature.unseen == MISSING:
        yield np.nan
    if feature.type == CATEGORY:
        known = len(feature.categories or ())
        step = max(1, known // _MOST_CATEGORIES)
        yield from range(0, known, step)
    if feature.type == BOOLEAN:
        yield from (0.0, 1.0)


def _extremes(feature: FeatureSchema) -> Iterator[float]:
    if feature.type in (CATEGORY, BOOLEAN):
        return
    low = -LARGEST_FLOAT32 if feature.minimum is None else feature.minimum
    high = LARGEST_FLOAT32 if feature.maximum is None else feature.maximum
    for value in (-LARGEST_FLOAT32, -_SUBNORMAL, 0.0, _SUBNORMAL, LARGEST_FLOAT32):
        yield min(max(value, low, -LARGEST_FLOAT32), high, LARGEST_FLOAT32)
