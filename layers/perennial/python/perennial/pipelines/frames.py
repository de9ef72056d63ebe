"""Encoded rows as the table a user's pipeline sees: the same columns and types for any number.

It is made of the codes that every model is trained on and serves from, so that there is one
encoder for pipelines too. `pd.DataFrame([row])` would guess types anew for each request.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from perennial.features.schema import CATEGORY, FeatureSchema

Matrix = npt.NDArray[np.float32]


def frame_of(codes: Matrix, features: Sequence[FeatureSchema]) -> pd.DataFrame:
    """A column for each feature, by its name and in the model's order.

    | Feature | Column |
    |---|---|
    | number, integer | float64, of a number with the precision of a float32; missing is NaN |
    | boolean | float64: 0, 1 or NaN |
    | category | object: the label as `str`, or NaN |
    | timestamp | float64: seconds since 1970, with the precision of a float32, or NaN |

    Args:
        codes: encoded rows, [rows, features].
        features: of the model.
    """
    columns = {
        feature.name: _labels(codes[:, place], feature)
        if feature.type == CATEGORY
        else codes[:, place].astype(np.float64)
        for place, feature in enumerate(features)
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(codes)))


def _labels(codes: npt.NDArray[np.float32], feature: FeatureSchema) -> pd.Series:
    """The labels behind codes; `object` whatever they are, or pandas would choose by content."""
    labels = np.array([*(feature.categories or ()), np.nan], dtype=object)
    places = np.where(np.isnan(codes), len(labels) - 1, codes).astype(np.int64)
    return pd.Series(labels[places], dtype=object)
