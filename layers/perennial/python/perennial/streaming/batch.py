"""One delivery of records: what is done with it, and from where on it must come again.

Lambda delivers a shard's records again from the first one that is not done, with all that follow.
So once a record has to wait, nothing after it is answered.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from perennial.errors import Unavailable
from perennial.streaming.answering import Answering
from perennial.streaming.ordering import Output, write_in_order
from perennial.streaming.records import Answer, Arrival, Refused

if TYPE_CHECKING:
    from perennial.serving.ports import Capture


class Aside(Protocol):
    """Where it is told which records were refused, and why."""

    def send(self, messages: Sequence[str]) -> Sequence[bool]:
        """Tell; whether each message is stored.

        Raises:
            Unavailable: it is not known that any is.
        """
        ...


class Batch:
    """Takes the records of a delivery, in their order, and then writes what became of them.

    Attributes:
        predicted: records whose prediction is written, by model.
        refused: those that were set aside.
    """

    def __init__(
        self,
        answer: Answering,
        output: Output,
        aside: Aside,
        *,
        stream: str,
        until: float,
        capture: Capture | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin a delivery.

        Args:
            answer: makes the answers.
            output: takes the predictions.
            aside: is told of records that were refused.
            stream: the name of the stream of rows.
            until: when everything must be written, by the clock; half of the time is for answers.
            capture: keeps what was predicted.
            clock: seconds.
            sleep: waits seconds.
        """
        self._answer, self._output, self._aside = answer, output, aside
        self._stream, self._capture = stream, capture
        self._clock, self._sleep = clock, sleep
        self._until = until
        self._answer_until = (clock() + until) / 2
        self._waits = False
        self._answers: list[Answer] = []
        self._refusals: list[Refused] = []
        self.predicted: Counter[str] = Counter()
        self.refused: list[Refused] = []

    def take(self, arrival: Arrival) -> None:
        """Answer a record, or find out that it cannot be.

        Raises:
            Unavailable: it must come again, as must all that follow.
        """
        if self._waits:
            raise Unavailable("an earlier record waits")
        try:
            if self._clock() > self._answer_until:
                raise Unavailable("there is no time left in this call")
            became = self._answer(arrival)
        except Unavailable:
            self._waits = True
            raise
        if isinstance(became, Answer):
            self._answers.append(became)
        else:
            self._refusals.append(became)

    def write(self) -> list[Arrival]:
        """Write everything; the records that must come again."""
        left = write_in_order(
            self._answers,
            self._output,
            until=self._until,
            clock=self._clock,
            sleep=self._sleep,
        )
        self._keep({answer.arrival.position for answer in left})
        again = [answer.arrival for answer in left]
        first = min((int(arrival.sequence_number) for arrival in again), default=None)
        return again + self._set_aside(first)

    def _keep(self, left: set[str]) -> None:
        for answer in self._answers:
            if answer.arrival.position in left:
                continue
            self.predicted[answer.model] += 1
            if self._capture is not None and answer.answered is not None:
                self._capture(answer.answered, answer.milliseconds)

    def _set_aside(self, first: int | None) -> list[Arrival]:
        """Tell of refused records before `first`; those after it come again anyway."""
        told = [
            each
            for each in self._refusals
            if first is None or int(each.arrival.sequence_number) < first
        ]
        if not told:
            return []
        try:
            stored = self._aside.send([each.message(self._stream) for each in told])
        except Unavailable:
            stored = [False] * len(told)
        self.refused = [each for each, done in zip(told, stored, strict=True) if done]
        return [each.arrival for each, done in zip(told, stored, strict=True) if not done]
