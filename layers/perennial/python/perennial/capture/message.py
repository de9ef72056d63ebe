"""One message of the predict function: the rows of a request and what was said about them.

`perennial.serving.capture` writes them; the queue between the two may hold those of the release
before, and of anybody who may send to it, so everything is checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from perennial.errors import UnreadableCapture

FORMAT = 1
CHAMPION = "champion"
ROLES = (CHAMPION, "challenger", "shadow")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799_999  # the end of the year 9999, in milliseconds


@dataclass(frozen=True, slots=True)
class Message:
    """Rows `first` to `first + count - 1` of one request.

    Attributes:
        at: when the request was answered, in milliseconds since the epoch.
        milliseconds: how long that took, inside the function.
        rows: of the whole request.
        features: values by column; columns that are not kept are not there.
        predictions: one for each row; None where the target is not kept.
        labels: of the probabilities; None for a regression, or where they are not kept.
        probabilities: one for each label, row after row.
        role: of the version: champion, challenger or shadow.
        rollout_id: the rollout that the answer counts for, or None.
        entities: whom or what each row is about, or None where nothing was said.
        numbers: places of the rows in the request; consecutive ones from `first` on, unless
            several versions answered parts of it.
    """

    model: str
    version: int
    digest: str
    request_id: str
    protocol: str
    at: int
    milliseconds: float
    rows: int
    first: int
    count: int
    features: Mapping[str, Sequence[object]]
    predictions: Sequence[object] | None
    labels: Sequence[str] | None
    probabilities: Sequence[object] | None
    role: str
    rollout_id: str | None
    entities: Sequence[str] | None
    numbers: Sequence[int]

    @property
    def moment(self) -> datetime:
        """When the request was answered."""
        return _EPOCH + timedelta(milliseconds=self.at)

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from every other message, sent twice or not."""
        return self.request_id, self.first


def read_message(text: str) -> Message:
    """A message out of the queue.

    Raises:
        UnreadableCapture: it is none, or of a form this release does not know.
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise UnreadableCapture("the message has another format")
        first, count = _whole(document["first"], 0), _whole(document["count"], 1)
        message = Message(
            model=_text(document["model"]),
            version=_whole(document["version"], 1),
            digest=_text(document["digest"]),
            request_id=_text(document["request_id"]),
            protocol=_text(document["protocol"]),
            at=_whole(document["at"], 0, _LATEST),
            milliseconds=float(document["milliseconds"]),
            rows=_whole(document["rows"], 1),
            first=first,
            count=count,
            features=document["features"],
            predictions=document.get("predictions"),
            labels=document.get("labels"),
            probabilities=document.get("probabilities"),
            role=_role(document.get("role", CHAMPION)),
            rollout_id=_rollout(document.get("rollout")),
            entities=_entities(document.get("entities"), count),
            numbers=_numbers(document.get("numbers"), first, count),
        )
        _check(message)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        # Its text may hold values of features; what is wrong is told by type only.
        raise UnreadableCapture(f"the message is not what predict writes: {_kind(error)}") from None
    return message


def _check(message: Message) -> None:
    columns: list[Any] = [*message.features.values()]
    columns += [] if message.predictions is None else [message.predictions]
    columns += [] if message.entities is None else [message.entities]
    columns.append(message.numbers)
    if not all(isinstance(column, list) and len(column) == message.count for column in columns):
        raise ValueError("a column has another length")
    if message.first + message.count > message.rows or max(message.numbers) >= message.rows:
        raise ValueError("more rows than the request had")
    if (message.labels is None) is not (message.probabilities is None):
        raise ValueError("labels without probabilities, or the other way round")
    if len(message.probabilities or ()) != message.count * len(message.labels or ()):
        raise ValueError("a probability is missing")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _role(value: object) -> str:
    if value not in ROLES:
        raise ValueError("no role of a version")
    return str(value)


def _rollout(value: object) -> str | None:
    return None if value is None else _text(value)


def _entities(value: object, count: int) -> list[str] | None:
    """One for each row; a text stands for all of them."""
    if value is None or isinstance(value, str):
        return None if value is None else [value] * count
    if not isinstance(value, list):
        raise TypeError("not a list of entities")
    return [_text(one) for one in value]


def _numbers(value: object, first: int, count: int) -> list[int]:
    if value is None:
        return list(range(first, first + count))
    if not isinstance(value, list):
        raise TypeError("not a list of places")
    return [_whole(one, 0) for one in value]


def _whole(value: object, least: int, most: int = 2**31 - 1) -> int:
    if not isinstance(value, int) or not least <= value <= most:
        raise TypeError("not a number in range")
    return value


def _kind(error: Exception) -> str:
    return str(error) if isinstance(error, KeyError) else type(error).__name__
