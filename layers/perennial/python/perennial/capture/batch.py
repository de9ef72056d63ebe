"""A batch of messages, written as one file for each model, version and hour in it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pyarrow.parquet as pq

from perennial.capture.message import Message, read_message
from perennial.capture.rows import CapturedRows
from perennial.registry.layout import capture_key, uri
from perennial.registry.objects import ObjectStore
from perennial.registry.written import Written
from perennial.spec import ModelSpec

_MEDIA_TYPE = "application/vnd.apache.parquet"


class Batch:
    """Takes messages, then writes them.

    A file is named after what is in it: a batch that is delivered again replaces its own files.
    """

    def __init__(
        self, spec_of: Callable[[str], ModelSpec], store: ObjectStore, bucket: str
    ) -> None:
        """Args: spec_of: the spec of a deployed model; store, bucket: where files go."""
        self._spec_of = spec_of
        self._store = store
        self._bucket = bucket
        self._specs: dict[str, ModelSpec] = {}
        self._files: dict[tuple[str, int, str], tuple[CapturedRows, list[str]]] = {}

    def take(self, message_id: str, text: str) -> None:
        """Put a message to those that belong into the same file.

        Raises:
            UnreadableCapture: it is no message, or does not fit the spec of its model.
            UnknownModel: its model is not deployed.
        """
        message = read_message(text)
        rows, messages = self._file(message)
        rows.add(message)
        messages.append(message_id)

    def write(self) -> Iterator[Written]:
        """Write the files; that one fails does not keep the others."""
        for (model, version, hour), (rows, messages) in self._files.items():
            if not messages:
                continue
            table = rows.table()
            body = io.BytesIO()
            pq.write_table(table, body, compression="zstd")
            key = capture_key(model, version, hour, rows.name)
            error = None
            try:
                self._store.write(uri(self._bucket, key), body.getvalue(), _MEDIA_TYPE)
            except Exception as raised:
                error = raised
            yield Written(model, table.num_rows, tuple(messages), error)

    def _file(self, message: Message) -> tuple[CapturedRows, list[str]]:
        place = (message.model, message.version, f"{message.moment:%Y-%m-%dT%H}")
        if place not in self._files:
            self._files[place] = (CapturedRows(self._spec(message.model)), [])
        return self._files[place]

    def _spec(self, model: str) -> ModelSpec:
        if model not in self._specs:
            self._specs[model] = self._spec_of(model)
        return self._specs[model]
