"""What a model says about the rows of a request, kept by column and read by row."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from perennial.errors import InvalidRows, RowProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from typing import overload


class Prediction:
    """What a model says about one row."""

    __slots__ = ("probabilities", "value")

    def __init__(self, value: str | float, probabilities: dict[str, float] | None) -> None:
        self.value = value
        self.probabilities = probabilities

    def __repr__(self) -> str:
        return f"Prediction({self.value!r}, {self.probabilities!r})"


class Predictions(Sequence[Prediction]):
    """One prediction per row; the objects are made only for whoever looks at them.

    Of a regression, `classes` and `places` are None and `scores` has an estimate per row. Of a
    classification, `scores` has the probability of every class, row after row, and `places` which
    of the classes each row is predicted to be.
    """

    __slots__ = ("classes", "places", "scores")

    def __init__(
        self, scores: array[float], classes: tuple[str, ...] | None, places: list[int] | None
    ) -> None:
        self.scores = scores
        self.classes = classes
        self.places = places

    def __len__(self) -> int:
        """Rows."""
        return len(self.scores) if self.places is None else len(self.places)

    @property
    def values(self) -> list[str] | list[float]:
        """The label or the estimate of every row."""
        if self.classes is None or self.places is None:
            return list(self.scores)
        return [self.classes[place] for place in self.places]

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, row: int) -> Prediction: ...
        @overload
        def __getitem__(self, row: slice) -> list[Prediction]: ...

    def __getitem__(self, row: int | slice) -> Prediction | list[Prediction]:
        """The prediction of a row, or of several."""
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        if self.classes is None or self.places is None:
            return Prediction(self.scores[row], None)
        width = len(self.classes)
        scores = self.scores[row * width : (row + 1) * width]
        return Prediction(
            self.classes[self.places[row]], dict(zip(self.classes, scores, strict=True))
        )


def labelled(
    scores: array[float],
    classes: tuple[str, ...],
    threshold: float | None,
    by_row: Sequence[float] | None = None,
) -> Predictions:
    """Predictions of a classification.

    Args:
        scores: the probability of every class, row after row.
        classes: their labels.
        threshold: from which probability on a row is of the second of two classes; None where
            the most probable class is predicted, the first of those that are equally so.
        by_row: instead of it, one for each row.
    """
    if by_row is not None:
        called = [int(one >= least) for one, least in zip(scores[1::2], by_row, strict=True)]
        return Predictions(scores, classes, called)
    if threshold is not None:
        return Predictions(scores, classes, [int(one >= threshold) for one in scores[1::2]])
    width = len(classes)
    rows = [scores[start : start + width] for start in range(0, len(scores), width)]
    return Predictions(scores, classes, [row.index(max(row)) for row in rows])


def finite(numbers: array[float], width: int) -> array[float]:
    """The numbers a model gave, once each is one that an answer can carry.

    Args:
        numbers: of all rows, row after row.
        width: numbers of one row.

    Raises:
        InvalidRows: those of some rows overflow.
    """
    if all_finite(numbers):
        return numbers
    rows = sorted({place // width for place, one in enumerate(numbers) if not isfinite(one)})
    raise InvalidRows([RowProblem(row, "", "has no finite answer") for row in rows[:100]])


def all_finite(numbers: Sequence[float]) -> bool:
    """Whether JSON has each of the numbers: it has no infinity and no NaN."""
    # A sum is the quicker question; of large numbers it can overflow though none of them does.
    return isfinite(sum(numbers)) or all(map(isfinite, numbers))
