"""Streams in memory that refuse what they are told to, and records for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from perennial.errors import Unavailable
from perennial.streaming.records import Answer, Arrival

SHARD = "shardId-000000000000"


def arrival(number: int, data: object, key: str = "k") -> Arrival:
    """A record; `data` is its JSON, or its bytes."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Arrival(SHARD, str(number), key, raw)


@dataclass
class Output:
    """A stream of predictions. What it stores of a request it stores in any order, as Kinesis."""

    refuses: Callable[[], bool] = lambda: False
    away: Callable[[], bool] = lambda: False
    stored: list[tuple[str, int]] = field(default_factory=list)  # key and sequence number
    requests: list[list[Answer]] = field(default_factory=list)

    def put(self, records: Sequence[Answer]) -> list[bool]:
        self.requests.append(list(records))
        if self.away():
            raise Unavailable("Kinesis did not answer")
        accepted = [not self.refuses() for _ in records]
        pairs = list(zip(records, accepted, strict=True))
        for record, taken in reversed(pairs):
            if taken:
                self.stored.append((record.key, int(record.arrival.sequence_number)))
        return accepted


@dataclass
class Aside:
    """A queue of records that were set aside."""

    refuses: Callable[[], bool] = lambda: False
    messages: list[str] = field(default_factory=list)

    def send(self, messages: Sequence[str]) -> list[bool]:
        taken = [not self.refuses() for _ in messages]
        self.messages += [text for text, done in zip(messages, taken, strict=True) if done]
        return taken

    @property
    def numbers(self) -> list[int]:
        return [int(json.loads(text)["sequence_number"]) for text in self.messages]


@dataclass
class Time:
    """A clock that only sleeping moves."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def scripted(pattern: Sequence[bool]) -> Callable[[], bool]:
    """Gives the pattern, then False for ever."""
    told: Iterator[bool] = iter(pattern)
    return lambda: next(told, False)
