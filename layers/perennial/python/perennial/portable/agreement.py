"""How far two answers to the same rows are apart. Standard library only."""

from __future__ import annotations

import json

from perennial.serving.artifact import GOLDEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from perennial.serving.artifact import Artifact
    from perennial.serving.predictions import Prediction

# What an export may differ by: a probability absolutely, an estimate beside their size.
TOLERANCE = 1e-6


class Agreement:
    """What was compared so far.

    Attributes:
        rows: how many.
        largest: the largest difference: of probabilities absolute, of estimates relative to the
            estimate itself, or to their mean size where that is more: a sum may cancel to nearly
            nothing, and has no more digits than what was summed.
        labels: rows whose labels differ though their probabilities leave no doubt which is due.
    """

    def __init__(self, threshold: float | None = None, tolerance: float = TOLERANCE) -> None:
        """Begin with nothing compared.

        Args:
            threshold: from which probability on a row is of the second of two classes.
            tolerance: what answers may differ by.
        """
        self.rows = 0
        self.largest = 0.0
        self.labels = 0
        self._threshold = threshold
        self._tolerance = tolerance

    @property
    def holds(self) -> bool:
        """Whether every row got the same answer, within the tolerance."""
        return self.largest <= self._tolerance and not self.labels

    def compare(self, expected: Sequence[Answer], found: Sequence[Answer]) -> None:
        """Compare answers to some more rows, in the same order."""
        if len(expected) != len(found):
            self.largest = float("inf")
        scale = sum(_size(value) for value, _ in expected) / max(len(expected), 1)
        for (value, scores), (other, others) in zip(expected, found, strict=False):
            self.rows += 1
            if scores is None:
                self._note(_relative(value, other, scale))
                continue
            for name, score in scores.items():
                self._note(abs(score - (others or {}).get(name, float("nan"))))
            self.labels += value != other and not self._doubtful(scores)

    def _note(self, difference: float) -> None:
        # A NaN on either side is no agreement.
        self.largest = max(self.largest, difference if difference == difference else float("inf"))

    def _doubtful(self, scores: Mapping[str, float]) -> bool:
        """Whether rounding may decide which label a row gets."""
        ranked = sorted(scores.values(), reverse=True)
        if self._threshold is None:
            return ranked[0] - ranked[1] <= 2 * self._tolerance
        return abs(list(scores.values())[1] - self._threshold) <= self._tolerance

    def as_json(self) -> dict[str, object]:
        """For whoever reads it later."""
        return {"rows": self.rows, "largest_difference": self.largest, "tolerance": self._tolerance}


if TYPE_CHECKING:
    Answer = tuple[str | float, Mapping[str, float] | None]


def answers_of(predictions: Iterable[Prediction]) -> list[Answer]:
    """Predictions as value and probabilities by label."""
    return [(one.value, one.probabilities) for one in predictions]


def golden_of(artifact: Artifact) -> tuple[list[dict[str, object]], list[Answer]]:
    """The golden rows of an artifact, and what they must give; none where it has none."""
    if GOLDEN not in artifact.entries:
        return [], []
    document = json.loads(artifact.entries[GOLDEN])
    return document["rows"], [(one["value"], one["probabilities"]) for one in document["expected"]]


def _size(value: str | float) -> float:
    return abs(value) if isinstance(value, (int, float)) else 0.0


def _relative(value: str | float, other: str | float, scale: float) -> float:
    if value == other:
        return 0.0
    if isinstance(value, str) or isinstance(other, str):
        return float("inf")
    return abs(value - other) / max(abs(value), abs(other), scale)
