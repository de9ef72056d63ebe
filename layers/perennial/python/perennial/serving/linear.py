"""A linear model in double precision: weights over codes, a link over their sums."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from ctypes import c_float
from math import fsum

from perennial.serving.links import LINKS, Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Linear:
    """`link(intercept + Σ term)` for each output.

    A numeric feature contributes `weight * value`, a category the weight of its code; both have
    a contribution of their own for a missing value.
    """

    def __init__(self, engine: Mapping[str, Any], columns: int) -> None:
        self._columns = columns
        self._intercepts = [float(value) for value in engine["intercepts"]]
        self._numeric = [
            (int(one["feature"]), _floats(one["weights"]), _floats(one["missing"]))
            for one in engine["numeric"]
        ]
        self._categories = [
            (int(one["feature"]), [_floats(w) for w in one["weights"]], _floats(one["missing"]))
            for one in engine["categories"]
        ]
        self._link: Link = LINKS[engine["link"]]
        self._means = [_floats(one) for one in engine.get("means", ())]

    def outputs(self, address: int, rows: int) -> array[float]:
        """`rows * outputs` float64; arguments as `Trees.values`."""
        codes = (c_float * (rows * self._columns)).from_address(address)
        results: array[float] = array("d")
        for start in range(0, rows * self._columns, self._columns):
            results.extend(self._row(codes[start : start + self._columns]))
        return results

    def contributions(self, address: int, rows: int) -> array[float]:
        """What each feature adds to the sums, compared with the mean of the training rows.

        `rows * outputs * (features + 1)` float64; the last of each output is the base value, the
        sum for that mean. These are the interventional Shapley values of a linear model
        (Lundberg and Lee 2017, corollary 1). Arguments as `Trees.values`.
        """
        codes = (c_float * (rows * self._columns)).from_address(address)
        results: array[float] = array("d")
        for start in range(0, rows * self._columns, self._columns):
            terms = dict(self._terms(codes[start : start + self._columns]))
            for k, intercept in enumerate(self._intercepts):
                of_mean = [mean[k] for mean in self._means]
                results.extend(terms[j][k] - mean for j, mean in enumerate(of_mean))
                results.append(fsum([intercept, *of_mean]))
        return results

    def _terms(self, codes: Sequence[float]) -> Iterator[tuple[int, list[float]]]:
        """Each feature, and what it adds to each output."""
        for feature, weights, missing in self._numeric:
            value = codes[feature]
            yield feature, [w * value for w in weights] if value == value else missing
        for feature, table, missing in self._categories:
            value = codes[feature]
            yield feature, table[int(value)] if value == value else missing

    def _row(self, codes: Sequence[float]) -> list[float]:
        sums = self._intercepts.copy()
        outputs = range(len(sums))
        for feature, weights, missing in self._numeric:
            value = codes[feature]
            if value == value:
                for k in outputs:
                    sums[k] += weights[k] * value
            else:
                for k in outputs:
                    sums[k] += missing[k]
        for feature, table, missing in self._categories:
            value = codes[feature]
            terms = table[int(value)] if value == value else missing
            for k in outputs:
                sums[k] += terms[k]
        return self._link(sums)


def _floats(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values]
