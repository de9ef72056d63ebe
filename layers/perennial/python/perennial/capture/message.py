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
        message = Message(
            model=_text(document["model"]),
            version=_whole(document["version"], 1),
            digest=_text(document["digest"]),
            request_id=_text(document["request_id"]),
            protocol=_text(document["protocol"]),
            at=_whole(document["at"], 0, _LATEST),
            milliseconds=float(document["milliseconds"]),
            rows=_whole(document["rows"], 1),
            first=_whole(document["first"], 0),
            count=_whole(document["count"], 1),
            features=document["features"],
            predictions=document.get("predictions"),
            labels=document.get("labels"),
            probabilities=document.get("probabilities"),
        )
        _check(message)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        # Its text may hold values of features; what is wrong is told by type only.
        raise UnreadableCapture(f"the message is not what predict writes: {_kind(error)}") from None
    return message


def _check(message: Message) -> None:
    columns: list[Any] = [*message.features.values()]
    columns += [] if message.predictions is None else [message.predictions]
    if not all(isinstance(column, list) and len(column) == message.count for column in columns):
        raise ValueError("a column has another length")
    if message.first + message.count > message.rows:
        raise ValueError("more rows than the request had")
    if (message.labels is None) is not (message.probabilities is None):
        raise ValueError("labels without probabilities, or the other way round")
    if len(message.probabilities or ()) != message.count * len(message.labels or ()):
        raise ValueError("a probability is missing")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _whole(value: object, least: int, most: int = 2**31 - 1) -> int:
    if not isinstance(value, int) or not least <= value <= most:
        raise TypeError("not a number in range")
    return value


def _kind(error: Exception) -> str:
    return str(error) if isinstance(error, KeyError) else type(error).__name__
