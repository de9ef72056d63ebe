"""Captured predictions that belong into one file: gathered message by message, then a table."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from perennial.capture.columns import (
    as_number,
    as_text,
    converted,
    features_type,
    schema_of,
)
from perennial.capture.message import Message
from perennial.errors import UnreadableCapture
from perennial.spec import ModelSpec, Task


class CapturedRows:
    """The rows of one model, version and hour."""

    def __init__(self, spec: ModelSpec) -> None:
        """Args: spec: of the model; says which columns there are."""
        self._spec = spec
        self._schema = schema_of(spec)
        self._kept = [field.name for field in features_type(spec)]
        self._messages: dict[tuple[str, int], _Converted] = {}

    def add(self, message: Message) -> bool:
        """Take a message in; false if it was there already.

        Raises:
            UnreadableCapture: it does not fit the spec; nothing of it is taken.
        """
        if message.key in self._messages:
            return False
        self._messages[message.key] = self._converted(message)
        return True

    @property
    def name(self) -> str:
        """Names these rows and no others, in whatever order they came."""
        digest = hashlib.sha256()
        for request_id, first in sorted(self._messages):
            digest.update(f"{request_id}\n{first}\n".encode(errors="replace"))
        return digest.hexdigest()[:32]

    def table(self) -> pa.Table:
        """The rows as a table, in the order of time; of no rows, an empty one."""
        parts = sorted(self._messages.values(), key=lambda part: part.order)
        arrays = [
            self._features(parts)
            if field.name == "features"
            else pa.array(_joined(parts, field.name), field.type)
            for field in self._schema
        ]
        return pa.table(arrays, schema=self._schema)

    def _features(self, parts: Sequence[_Converted]) -> pa.Array:
        kind = features_type(self._spec)
        arrays = [
            pa.array([value for part in parts for value in part.features[field.name]], field.type)
            for field in kind
        ]
        return pa.StructArray.from_arrays(arrays, fields=list(kind))

    def _converted(self, message: Message) -> _Converted:
        empty = [None] * message.count
        features = {
            name: converted(message.features.get(name, empty), self._spec.features[name].type, name)
            for name in self._kept
        }
        return _Converted(message, features, self._answers(message))

    def _answers(self, message: Message) -> list[object]:
        if message.predictions is None or self._spec.target in self._spec.sensitive:
            return [None] * message.count
        convert = as_number if self._spec.task is Task.REGRESSION else as_text
        try:
            return [convert(value) for value in message.predictions]
        except TypeError:
            raise UnreadableCapture("a prediction is of another type than the task's") from None


class _Converted:
    """A message whose values are ready for their columns."""

    def __init__(
        self, message: Message, features: dict[str, list[object]], answers: list[object]
    ) -> None:
        self.message = message
        self.features = features
        self.order = (message.at, *message.key)
        numbers = message.numbers
        request = as_text(message.request_id)
        hidden = answers[0] is None
        self.columns: dict[str, list[Any]] = {
            "prediction_id": [f"{request}-{number}" for number in numbers],
            "request_id": [request] * message.count,
            "row": list(numbers),
            "request_rows": [message.rows] * message.count,
            "predicted_at": [message.moment] * message.count,
            "latency_ms": [message.milliseconds] * message.count,
            "protocol": [as_text(message.protocol)] * message.count,
            "artifact_digest": [as_text(message.digest)] * message.count,
            "entity_id": _entities(message),
            "role": [message.role] * message.count,
            "rollout_id": [message.rollout_id and as_text(message.rollout_id)] * message.count,
            "prediction": answers,
            "probabilities": [None] * message.count if hidden else _probabilities(message),
        }


def _entities(message: Message) -> list[Any]:
    if message.entities is None:
        return [None] * message.count
    return [as_text(entity) for entity in message.entities]


def _probabilities(message: Message) -> list[Any]:
    if message.labels is None or message.probabilities is None:
        return [None] * message.count
    try:
        labels = [as_text(label) for label in message.labels]
        numbers = [as_number(value) for value in message.probabilities]
    except TypeError:
        raise UnreadableCapture("a probability is no number") from None
    width = len(labels)
    return [
        list(zip(labels, numbers[row * width : (row + 1) * width], strict=True))
        for row in range(message.count)
    ]


def _joined(parts: Sequence[_Converted], column: str) -> list[Any]:
    return [value for part in parts for value in part.columns[column]]
