"""One message of the queue of outcomes: some of those a request brought.

The queue may hold messages of the release before, and of anybody who may send to it, so what is
read is checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from perennial.errors import UnreadableOutcomes
from perennial.outcomes.taking import Outcome

FORMAT = 1
MOST_BYTES = 200_000  # of a message, as ASCII; SQS takes 262,144 everywhere
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Message:
    """Outcomes that came in together.

    Attributes:
        model: whose.
        request_id: of the request they came in.
        part: place of the message among those of the request.
        received_at: when they came in.
        outcomes: checked when they were taken.
    """

    model: str
    request_id: str
    part: int
    received_at: datetime
    outcomes: tuple[Outcome, ...]


def messages_of(
    model: str, request_id: str, received_at: datetime, outcomes: Sequence[Outcome]
) -> list[str]:
    """The messages that carry the outcomes of a request, none of them too large."""
    head = {"format": FORMAT, "model": model, "request_id": request_id}
    return [
        json.dumps(head | {"part": part, "received_at": _ticks(received_at), "outcomes": rows})
        for part, rows in enumerate(_parts(outcomes))
    ]


def _parts(outcomes: Sequence[Outcome]) -> Iterator[list[list[Any]]]:
    rows: list[list[Any]] = []
    size = 0
    for one in outcomes:
        row = [
            one.prediction_id,
            one.entity_id,
            None if one.predicted_at is None else _ticks(one.predicted_at),
            one.outcome,
            _ticks(one.observed_at),
        ]
        length = len(json.dumps(row)) + 2
        if rows and size + length > MOST_BYTES:
            yield rows
            rows, size = [], 0
        rows.append(row)
        size += length
    if rows:
        yield rows


def read_message(text: str) -> Message:
    """A message out of the queue.

    Raises:
        UnreadableOutcomes: it is none, or of a form this release does not know.
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise UnreadableOutcomes("the message has another format")
        return Message(
            model=_text(document["model"]),
            request_id=_text(document["request_id"]),
            part=int(document["part"]),
            received_at=_moment(document["received_at"]),
            outcomes=tuple(_outcome(*row) for row in document["outcomes"]),
        )
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError, RecursionError) as e:
        # Its text may hold values; what is wrong is told by type only.
        kind = type(e).__name__
        raise UnreadableOutcomes(
            f"the message is not what is sent about outcomes: {kind}"
        ) from None


def _outcome(
    prediction: object, entity: object, predicted_at: object, value: object, observed_at: object
) -> Outcome:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError("neither a label nor a number")
    return Outcome(
        None if prediction is None else _text(prediction),
        None if entity is None else _text(entity),
        None if predicted_at is None else _moment(predicted_at),
        value,
        _moment(observed_at),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _ticks(moment: datetime) -> int:
    """Milliseconds since the epoch, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def _moment(value: object) -> datetime:
    if not isinstance(value, int):
        raise TypeError("not a time")
    return _EPOCH + value * _MILLISECOND
