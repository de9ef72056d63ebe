"""Sends the rows in order of time, and what came true of them later."""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from examples.story.endpoint import Endpoint
from examples.story.scenario import History

_TOLD_AT_ONCE = 500


@dataclass(frozen=True)
class Answer:
    """What was said of one row.

    Attributes:
        row: its place in the history.
        at: when, seconds since 1970.
        version: that answered.
        id: of the prediction.
        said: the probability of the positive class, or the number.
    """

    row: int
    at: float
    version: int
    id: str
    said: float


@dataclass
class Replay:
    """The rows from `following` on, one after the other.

    Attributes:
        model: who is asked.
        history: the rows.
        endpoint: where.
        positive: the positive class; None of a regression.
        late: rows that are answered before the outcome of a row is known.
        following: the next row.
        answers: what was said.
    """

    model: str
    history: History
    endpoint: Endpoint
    positive: str | None
    late: int
    following: int
    answers: list[Answer] = field(default_factory=list)
    _told: int = 0
    _clock: list[tuple[float, int]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether every row was sent."""
        return self.following >= len(self.history.rows)

    def send(self, requests: int, size: int, every: float = 0.0) -> None:
        """Send requests of `size` rows; whose outcome is due meanwhile is told of.

        Args:
            requests: how many.
            size: rows of each.
            every: seconds between the beginnings of two, at least.
        """
        for _ in range(requests):
            if self.over:
                break
            following = time.monotonic() + every
            self._ask(self.following, min(self.following + size, len(self.history.rows)))
            time.sleep(max(following - time.monotonic(), 0.0))
        self.tell(len(self.answers) - self.late)

    def tell(self, until: int) -> None:
        """Tell what came true of the first `until` answers, as far as not done yet."""
        while self._told < until:
            batch = self.answers[self._told : min(until, self._told + _TOLD_AT_ONCE)]
            told: list[dict[str, object]] = [
                {"prediction_id": one.id, "outcome": self.history.truths[one.row]} for one in batch
            ]
            self.endpoint.tell(self.model, told)
            self._told += len(batch)

    def row_at(self, moment: float) -> int:
        """The row that was next at a moment."""
        place = bisect_right(self._clock, (moment, len(self.history.rows)))
        return self._clock[place - 1][1] if place else self._clock[0][1]

    def _ask(self, begin: int, end: int) -> None:
        rows = list(self.history.rows[begin:end])
        body = {"rows": rows, "entity_ids": [f"row-{row}" for row in range(begin, end)]}
        answer = self.endpoint.predict(self.model, body)
        now = time.time()
        self.following = end
        self._clock.append((now, end))
        if answer is not None:
            for row, one in zip(range(begin, end), answer["predictions"], strict=True):
                version = int(one.get("version", answer["version"]))
                self.answers.append(Answer(row, now, version, one["id"], self._said(one)))

    def _said(self, prediction: dict[str, Any]) -> float:
        if self.positive is None:
            return float(prediction["prediction"])
        return float(prediction["probabilities"][self.positive])
