"""Writes records to a stream so that those of a partition key arrive in their order.

Kinesis promises no order among the records of one request, and stores some while it refuses
others. So a request has at most one record of each key, and the next one of a key is sent once
the one before is known to be stored.
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Protocol

from perennial.errors import Unavailable
from perennial.streaming.records import Answer

MOST_RECORDS = 500  # of one request
MOST_BYTES = 4_500_000  # of one request; Kinesis takes 5 MiB
_FIRST_PAUSE = 0.05  # seconds
_LONGEST_PAUSE = 1.0


class Output(Protocol):
    """Where predictions go; `perennial.adapters.kinesis` is it on AWS."""

    def put(self, records: Sequence[Answer]) -> Sequence[bool]:
        """Store records; whether each of them is stored.

        Raises:
            Unavailable: it is not known that any is.
        """
        ...


class Queues:
    """Records that wait, by key; only the first of each key may be sent."""

    def __init__(self, records: Sequence[Answer]) -> None:
        """Args: records: in the order to keep."""
        self._waiting: OrderedDict[str, deque[Answer]] = OrderedDict()
        for record in records:
            self._waiting.setdefault(record.key, deque()).append(record)

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def next(self) -> list[Answer]:
        """What goes into one request: the first record of as many keys as it can hold."""
        chosen: list[Answer] = []
        size = 0
        for key, waiting in self._waiting.items():
            size += len(waiting[0].data) + len(key.encode())
            if chosen and (size > MOST_BYTES or len(chosen) == MOST_RECORDS):
                break
            chosen.append(waiting[0])
        return chosen

    def settle(self, record: Answer, *, stored: bool) -> None:
        """Take a record out that is stored; either way its key goes behind the others."""
        key = record.key
        if stored:
            self._waiting[key].popleft()
        if self._waiting[key]:
            self._waiting.move_to_end(key)
        else:
            del self._waiting[key]

    def left(self) -> list[Answer]:
        """What still waits."""
        return [record for waiting in self._waiting.values() for record in waiting]


def write_in_order(
    records: Sequence[Answer],
    output: Output,
    *,
    until: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Answer]:
    """Write records, trying again what is refused; what is left when time is up.

    Args:
        records: in the order of their shard.
        output: takes them.
        until: when to give up, by the clock.
        clock: seconds.
        sleep: waits seconds.
    """
    queues = Queues(records)
    pause = _FIRST_PAUSE
    while queues:
        chosen = queues.next()
        stored = _put(output, chosen)
        for record, done in zip(chosen, stored, strict=True):
            queues.settle(record, stored=done)
        if all(stored):
            pause = _FIRST_PAUSE
            continue
        if clock() + pause >= until:
            break
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return queues.left()


def _put(output: Output, records: Sequence[Answer]) -> Sequence[bool]:
    try:
        return output.put(records)
    except Unavailable:
        return [False] * len(records)
