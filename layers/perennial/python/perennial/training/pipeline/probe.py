"""Asks the steps before the final estimator what they make of chosen rows.

So nothing of scikit-learn's arithmetic is written a second time: the tables and thresholds of an
exported pipeline are found by asking the pipeline itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from perennial.features.codec import LARGEST_FLOAT32
from perennial.features.columnar import Matrix
from perennial.features.schema import CATEGORY, MISSING, FeatureSchema
from perennial.pipelines.frames import frame_of
from perennial.training.pipeline.columns import Column, NotExportable, columns_after

Floats = npt.NDArray[np.float64]
_AT_ONCE = 32_768  # rows
_STEPS = 33  # halvings from all float32 numbers to one


class Probe:
    """The columns of the final estimator, and their values for any rows.

    Attributes:
        final: the last step.
        columns: what it sees.
        codes: the rows the pipeline was fitted on.
        sparse: whether it sees a sparse matrix, where a zero is not there at all.
    """

    def __init__(self, model: Any, features: Sequence[FeatureSchema], codes: Matrix) -> None:
        """Read the pipeline.

        Args:
            model: fitted.
            features: of the model.
            codes: the rows it was fitted on; probes differ from the first in one place.

        Raises:
            NotExportable: a step is not known.
        """
        steps = []
        while type(model) is Pipeline:  # the last step may be a pipeline itself
            steps += [step for _, step in model.steps[:-1]]
            model = model.steps[-1][1]
        self.final = model
        self.features = features
        self.codes = codes
        self._row = codes[:1]
        self._steps = [step for step in steps if step is not None and step != "passthrough"]
        given = [Column(n, one.type == CATEGORY) for n, one in enumerate(features)]
        for step in self._steps:
            given = columns_after(step, given)
        self.columns = given
        self.sparse = hasattr(self._passed(self._row), "toarray")
        width = self._values(self._row).shape[1]
        if width != len(given) or any(column.label for column in given):
            raise NotExportable("its columns cannot be followed to the features")

    def may_miss(self, place: int) -> bool:
        """Whether a missing value of a feature can reach the pipeline."""
        feature = self.features[place]
        return feature.nullable or feature.unseen == MISSING

    def table(self, place: int) -> Floats:
        """Values of all columns by category of a feature, the last row for a missing one.

        Raises:
            NotExportable: the pipeline refuses one of them.
        """
        count = len(self.features[place].categories or ())
        codes = np.repeat(self._row, count + 1, axis=0)
        codes[:, place] = [*range(count), np.nan if self.may_miss(place) else 0]
        return self._asked(codes, place)

    def missing(self, place: int) -> Floats:
        """Values of all columns where a number is missing; NaN where it never is."""
        codes = self._row.copy()
        if not self.may_miss(place):
            return np.full(len(self.columns), np.nan)
        codes[:, place] = np.nan
        values: Floats = self._asked(codes, place)[0]
        return values

    def limits(self, place: int) -> tuple[float, float]:
        """The smallest and the largest number of a feature that can reach the pipeline."""
        feature = self.features[place]
        low = -LARGEST_FLOAT32 if feature.minimum is None else feature.minimum
        high = LARGEST_FLOAT32 if feature.maximum is None else feature.maximum
        return max(low, -LARGEST_FLOAT32), min(high, LARGEST_FLOAT32)

    def check_curves(self) -> None:
        """Make sure that every curve is a number wherever its feature can be.

        Raises:
            NotExportable: one is not; the message names the feature.
        """
        places = {c.feature for c in self.columns if c.line is None}
        for place in sorted(places):
            feature = self.features[place]
            if feature.type == CATEGORY:
                continue
            codes = np.repeat(self._row, 2, axis=0)
            codes[:, place] = self.limits(place)
            own = [n for n, column in enumerate(self.columns) if column.feature == place]
            if not np.isfinite(self._asked(codes, place)[:, own]).all():
                raise NotExportable(
                    f"a function of {feature.name} has no value for some numbers; give the "
                    "feature a minimum, or a maximum, in the spec"
                )

    def last_below(self, columns: npt.NDArray[np.int64], below: Any) -> npt.NDArray[np.float64]:
        """For each column the largest float32 of its feature for which something still holds.

        Args:
            columns: places of columns, [n]; none of a category.
            below: from values, [n], to whether it holds, [n]; it holds for small numbers only.

        Returns:
            The numbers, [n]; minus infinity where it never holds, infinity where it always does.
        """
        places = np.array([self.columns[column].feature for column in columns], dtype=np.int64)
        bounds = np.array([self.limits(place) for place in places], dtype=np.float32)
        low, high = _ordered(bounds[:, 0]), _ordered(bounds[:, 1])
        never = ~below(self._column(places, columns, low))
        always = below(self._column(places, columns, high))
        for _ in range(_STEPS):  # it holds at low and not at high, but for never and always
            middle = (low + high) // 2
            holds = below(self._column(places, columns, middle))
            low, high = np.where(holds, middle, low), np.where(holds, high, middle)
        found = _number(low).astype(np.float64)
        found[never], found[always] = -np.inf, np.inf
        return found

    def _column(
        self, places: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], at: Any
    ) -> Floats:
        """The value of a column where its feature is a number, pair by pair."""
        found = np.empty(len(places))
        numbers = _number(at)
        for here in _slices(len(places)):
            codes = np.repeat(self._row, len(places[here]), axis=0)
            rows = np.arange(len(codes))
            codes[rows, places[here]] = numbers[here]
            found[here] = self._values(codes)[rows, columns[here]]
        return found

    def _asked(self, codes: Matrix, place: int) -> Floats:
        name = self.features[place].name
        try:
            values = self._values(codes)
        except ValueError as error:
            raise NotExportable(f"it refuses some values of {name} that the spec allows") from error
        others = [n for n, column in enumerate(self.columns) if column.feature != place]
        if not np.array_equal(values[:, others], values[:1, others].repeat(len(values), axis=0)):
            raise NotExportable(f"columns that do not come from {name} change with it")
        return values

    def _values(self, codes: Matrix) -> Floats:
        passed = self._passed(codes)
        dense = passed.toarray() if self.sparse else passed
        return np.asarray(dense, dtype=np.float64)

    def _passed(self, codes: Matrix) -> Any:
        passed: Any = frame_of(codes, self.features)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for step in self._steps:
                passed = step.transform(passed)
        return passed


def _slices(count: int) -> Iterator[slice]:
    for start in range(0, count, _AT_ONCE):
        yield slice(start, min(start + _AT_ONCE, count))


def _ordered(numbers: Matrix) -> npt.NDArray[np.int64]:
    """Whole numbers in the order of the float32 numbers they stand for, one step apart."""
    bits = np.ascontiguousarray(numbers, dtype=np.float32).view(np.int32).astype(np.int64)
    return np.where(bits >= 0, bits, -(bits & 0x7FFFFFFF))


def _number(ordered: npt.NDArray[np.int64]) -> Matrix:
    """The float32 numbers that `_ordered` made whole numbers of."""
    bits = np.where(ordered >= 0, ordered, -ordered | 0x80000000).astype(np.uint32)
    return bits.view(np.float32)
