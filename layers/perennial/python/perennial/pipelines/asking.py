"""Scores of many encoded rows from the function that runs pipelines, for whoever has not theirs.

The libraries of a pipeline and those that read a file are together larger than a function may be.
`perennial.pipelines.answering` is the other side, and says what is asked and answered.
"""

from __future__ import annotations

import ctypes
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from perennial.serving.artifact import Artifact

# Of one question or one answer; Lambda carries 6 MB, and base64 makes it a third more.
MOST_BYTES = 2_000_000
MOST_ROWS = 4_000  # of one question
REFUSED = "the model's pipeline cannot answer for this row"

Ask = Callable[[Mapping[str, object]], Mapping[str, Any]]


class Elsewhere:
    """A pipeline that another function runs."""

    def __init__(self, artifact: Artifact, uri: str, ask: Ask) -> None:
        """Remember whom to ask for what.

        Args:
            artifact: of the pipeline.
            uri: where that function finds the same bytes.
            ask: the function.
        """
        self._about = {"uri": uri, "digest": artifact.digest}
        self._ask = ask
        self._row = 4 * len(artifact.encoder)  # bytes
        self._outputs = 1 if artifact.classes is None else len(artifact.classes)

    def scores(self, address: int, rows: int) -> array[float]:
        """As `perennial.serving.engine.Run`, with NaN for rows that the pipeline refuses.

        Raises:
            ValueError: the pipeline cannot be loaded.
            Unavailable: the function did not answer.
        """
        found: array[float] = array("d")
        for numbers, _ in self._answers(address, rows):
            found.extend(numbers)
        return found

    def all_scores(self, address: int, rows: int) -> array[float]:
        """As `perennial.serving.engine.Run`.

        Raises:
            ValueError: the pipeline refuses some of the rows, or cannot be loaded.
            Unavailable: the function did not answer.
        """
        found: array[float] = array("d")
        for numbers, refused in self._answers(address, rows):
            if refused:
                raise ValueError(f"its pipeline cannot answer for {refused} of the rows")
            found.extend(numbers)
        return found

    def _answers(self, address: int, rows: int) -> Iterator[tuple[array[float], int]]:
        """Scores of consecutive rows, and how many of these were refused."""
        at_once = min(MOST_ROWS, MOST_BYTES // self._row, MOST_BYTES // (8 * self._outputs))
        start = 0
        while start < rows:
            count = max(1, min(at_once, rows - start))
            numbers, refused = self._answer(address + start * self._row, count)
            start += len(numbers) // self._outputs
            yield numbers, refused

    def _answer(self, address: int, rows: int) -> tuple[array[float], int]:
        codes = ctypes.string_at(address, rows * self._row)
        asked = {"rows": rows, "outputs": self._outputs, "codes": b64encode(codes).decode()}
        answer = self._ask({"scores": {**self._about, **asked}})
        numbers: array[float] = array("d", b64decode(answer.get("scores", "")))
        if not numbers:
            raise ValueError(answer.get("refused", "the function for pipelines gave no scores"))
        return numbers, int(answer["unanswered"])
