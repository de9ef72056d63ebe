"""The design matrix of a linear model: standardised numbers, one column per category.

A missing number takes the mean and, where training saw any, a column that says so. A missing
category has a column of its own on the same condition; a category training never saw has none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

from perennial.features.columnar import Matrix

Floats = npt.NDArray[np.float64]
MOST_DENSE = 2**26  # numbers, 512 MiB; beyond, a sparse matrix takes less


class _Number:
    """Where a number's columns lie and how it is standardised."""

    def __init__(self, values: Matrix, start: int) -> None:
        present = values[~np.isnan(values)].astype(np.float64)
        constant = not len(present) or present.min() == present.max()
        self.mean = float(present.mean()) if len(present) else 0.0
        spread = 0.0 if constant else float(present.std())
        self.scale = spread if spread > 0 else 1.0
        self.start = start
        self.width = 2 if len(present) < len(values) else 1
        # Of its columns over these rows; standardised and imputed, the first has the mean zero.
        self.means = np.array([0.0, 1 - len(present) / max(len(values), 1)])[: self.width]

    def fill(self, target: Any, values: Matrix) -> None:
        missing = np.isnan(values)
        standard = (values.astype(np.float64) - self.mean) / self.scale
        target[:, self.start] = np.where(missing, 0.0, standard)
        if self.width == 2:
            target[:, self.start + 1] = missing


class _Category:
    """Where a category's columns lie: one by code seen, and one for missing values."""

    def __init__(self, values: Matrix, start: int, count: int) -> None:
        present = values[~np.isnan(values)]
        self.count = count
        codes, counts = np.unique(present, return_counts=True)
        self.codes = codes.astype(np.int64)
        self.start = start
        self.width = len(self.codes) + (len(present) < len(values))
        shares = np.append(counts, len(values) - len(present)) / max(len(values), 1)
        self.means = shares[: self.width]  # of its columns over these rows

    def fill(self, target: Any, values: Matrix) -> None:
        rows, columns = self.places(values)
        target[rows, self.start + columns] = 1.0

    def places(self, values: Matrix) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows that have a column set, and which of the category's own it is."""
        missing = np.isnan(values)
        place = np.searchsorted(self.codes, np.where(missing, -1, values))
        known = ~missing & (place < len(self.codes))
        known[known] = self.codes[place[known]] == values[known]
        if self.width > len(self.codes):
            place, known = np.where(missing, len(self.codes), place), known | missing
        rows = np.flatnonzero(known)
        return rows, place[rows].astype(np.int64)


class Design:
    """How encoded rows become the columns of a linear model."""

    def __init__(self, codes: Matrix, categories: list[int]) -> None:
        """Learn means, spreads and categories from the rows that are fitted.

        Args:
            codes: those rows, encoded.
            categories: how many each feature has; 0 where it is no category.
        """
        self._terms: list[_Number | _Category] = []
        self.width = 0
        for place, count in enumerate(categories):
            values, start = codes[:, place], self.width
            self._terms.append(_Category(values, start, count) if count else _Number(values, start))
            self.width += self._terms[-1].width

    def columns(self, codes: Matrix) -> Any:
        """The design matrix of encoded rows, [rows, width]; dense, or sparse when it is large."""
        if len(codes) * self.width <= MOST_DENSE:
            dense = np.zeros((len(codes), self.width))
            for place, term in enumerate(self._terms):
                term.fill(dense, codes[:, place])
            return dense
        parts = [self._sparse(term, codes[:, place]) for place, term in enumerate(self._terms)]
        return scipy.sparse.hstack(parts, format="csr")

    def _sparse(self, term: _Number | _Category, values: Matrix) -> Any:
        shape = (len(values), term.width)
        if isinstance(term, _Category):
            rows, columns = term.places(values)
            return scipy.sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
        dense = np.zeros((len(values), term.start + term.width))
        term.fill(dense, values)
        return scipy.sparse.csr_matrix(dense[:, term.start :])

    def by_feature(self, weights: Floats) -> Floats:
        """Sums over the columns of each feature."""
        return np.array([weights[t.start : t.start + t.width].sum() for t in self._terms])

    def folded(self, weights: Floats, intercepts: Floats) -> dict[str, Any]:
        """Weights over codes that give the same sums as `weights` over the design's columns.

        `means` has what each feature adds to the sums on average over the fitted rows.

        Args:
            weights: [outputs, width].
            intercepts: [outputs].
        """
        numeric, categories, means = [], [], []
        for place, term in enumerate(self._terms):
            own = weights[:, term.start : term.start + term.width]
            means.append(own @ term.means)
            if isinstance(term, _Category):
                categories.append({"feature": place, **_table(term, own)})
                continue
            slopes = own[:, 0] / term.scale
            shift = slopes * term.mean
            intercepts = intercepts - shift
            means[-1] = means[-1] + shift
            # A missing value stands for the mean, whatever the intercept took off for it.
            absent = shift + (own[:, 1] if term.width == 2 else 0.0)
            numeric.append(
                {"feature": place, "weights": slopes.tolist(), "missing": absent.tolist()}
            )
        terms = {"numeric": numeric, "categories": categories}
        return {"intercepts": intercepts.tolist(), "means": np.array(means).tolist(), **terms}


def _table(term: _Category, own: Floats) -> dict[str, Any]:
    """Weights by code; zero for the codes that training never saw."""
    table = np.zeros((term.count, len(own)))
    seen = len(term.codes)
    table[term.codes] = own[:, :seen].T
    missing = own[:, seen] if term.width > seen else np.zeros(len(own))
    return {"weights": table.tolist(), "missing": missing.tolist()}
