"""Codes without missing values, for trees that cannot have any.

A missing number takes the median and a missing category a code below all others; where training
saw a missing value, a further column says so. None of it costs anything to serve: a split of an
imputed column is a split of the feature that knows where a missing value goes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from perennial.features.codec import LARGEST_FLOAT32
from perennial.features.columnar import Matrix
from perennial.training.trees import Tree

_BELOW_ALL_CODES = -1.0


class Imputed:
    """The columns the trees are grown on: the features in order, then the marks of missing ones."""

    def __init__(self, codes: Matrix, categorical: list[bool]) -> None:
        """Learn what stands for a missing value.

        Args:
            codes: encoded rows of the part that is fitted.
            categorical: which features are categories.
        """
        missing = np.isnan(codes)
        self._fill = np.array(
            [
                _BELOW_ALL_CODES if category else _median(codes[~absent, place])
                for place, (category, absent) in enumerate(zip(categorical, missing.T, strict=True))
            ],
            dtype=np.float32,
        )
        self._marked = np.flatnonzero(missing.any(axis=0))
        # Of each column, the feature it was made of.
        self.feature = np.concatenate((np.arange(len(categorical)), self._marked))

    def columns(self, codes: Matrix) -> Matrix:
        """Encoded rows in the new form, [rows, columns], float32."""
        missing = np.isnan(codes)
        filled = np.where(missing, self._fill, codes)
        return np.ascontiguousarray(np.hstack((filled, missing[:, self._marked])), np.float32)

    def unfolded(self, tree: Tree) -> Tree:
        """A tree over these columns as one over the features themselves."""
        column = np.where(tree.left < 0, 0, tree.feature)  # of a leaf it means nothing
        mark = column >= len(self._fill)
        feature = self.feature[column]
        return replace(
            tree,
            feature=feature,
            # All numbers are on the side of those that are not missing.
            threshold=np.where(mark, LARGEST_FLOAT32, tree.threshold),
            missing_left=~mark & (self._fill[feature] <= tree.threshold),
        )

    def by_feature(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Sums over the columns of each feature."""
        found = np.zeros(len(self._fill))
        np.add.at(found, self.feature, weights)
        return found


def _median(present: Matrix) -> float:
    """The lower one of two: a value that occurs, so that nothing overflows."""
    return float(np.sort(present)[(len(present) - 1) // 2]) if len(present) else 0.0
