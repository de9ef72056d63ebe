"""Codes as scikit-learn's histogram boosting wants them: categories first, and without gaps.

The library would do both by itself and hide how. Done beforehand there is nothing left for it to
do, and the way back, which the export needs, is known.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perennial.features.columnar import Matrix

Integers = npt.NDArray[np.int64]


class CompactCodes:
    """The order of the columns and, by categorical column, the codes training saw.

    Attributes:
        order: place in the encoder's order, by column.
        categorical: which columns are categories.
    """

    def __init__(self, codes: Matrix, categories: list[int], most: int) -> None:
        """Learn which codes there are.

        Args:
            codes: encoded rows of the training part.
            categories: how many each feature has; 0 where it is no category.
            most: categories the library can keep apart; a feature with more is a number to it.
        """
        seen = {
            place: np.unique(codes[:, place][~np.isnan(codes[:, place])]).astype(np.int64)
            for place, count in enumerate(categories)
            if count
        }
        self._categories = categories
        self._seen = [(place, known) for place, known in seen.items() if 0 < len(known) <= most]
        first = [place for place, _ in self._seen]
        rest = [place for place in range(len(categories)) if place not in set(first)]
        self.order: Integers = np.array(first + rest, dtype=np.int64)
        # The library cannot place bins where there is no value at all.
        self._empty = np.flatnonzero(np.isnan(codes[:, self.order]).all(axis=0))
        self.categorical = np.arange(len(categories)) < len(first)

    def columns(self, codes: Matrix) -> npt.NDArray[np.float64]:
        """Encoded rows in the new form; a category training never saw is missing."""
        moved = codes[:, self.order].astype(np.float64)
        for column, (place, known) in enumerate(self._seen):
            values = codes[:, place]
            found = np.searchsorted(known, np.where(np.isnan(values), -1, values))
            inside = np.minimum(found, len(known) - 1)
            moved[:, column] = np.where(known[inside] == values, inside, np.nan)
        moved[:, self._empty] = 0.0
        return moved

    def to_right(
        self, column: int, bitset: npt.NDArray[np.uint32], *, missing_left: bool
    ) -> Integers:
        """Codes of the encoder that a node sends to the right.

        Args:
            column: the node asks for.
            bitset: of the compact codes that go to the left, 32 in each word.
            missing_left: where a missing value goes, and with it a category never seen.
        """
        place, known = self._seen[column]
        compact = np.arange(len(known))
        left = (bitset[compact // 32] >> (compact % 32).astype(np.uint32)) & 1 == 1
        if missing_left:
            right: Integers = known[~left]
            return right
        never_seen = np.setdiff1d(np.arange(self._categories[place]), known)
        return np.union1d(known[~left], never_seen)
