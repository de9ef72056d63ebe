"""Thresholds by group for whole columns: those `perennial.serving.group_thresholds` gives rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.data.columns import ColumnType
from perennial.data.conversion import convert
from perennial.features.columnar import encode_column
from perennial.serving.group_thresholds import GroupThresholds


def thresholds_of_column(
    by_group: GroupThresholds, column: pa.Array | pa.ChunkedArray
) -> npt.NDArray[np.float64]:
    """The threshold of each row, [rows].

    Args:
        by_group: of the version.
        column: the feature they depend on, as it was read or already of its type.
    """
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    feature = by_group.feature
    if not pa.types.is_dictionary(whole.type):
        whole = convert(whole, ColumnType(feature.type)).values
    codes = np.asarray(encode_column(whole, feature), dtype=np.float64)
    missing = np.isnan(codes)
    known = np.where(missing, 0.0, codes)
    places = (
        known.astype(np.int64)
        if by_group.edges is None
        else np.searchsorted(np.array(by_group.edges), known, side="right")
    )
    found = np.array(by_group.values)[places]
    return np.where(missing, by_group.missing, found)
