"""A batch of messages about outcomes, written as one file for each model and day in it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from perennial.outcomes.columns import truth_table
from perennial.outcomes.message import Message, read_message
from perennial.registry.layout import truth_key, uri
from perennial.registry.objects import ObjectStore
from perennial.registry.written import Written
from perennial.spec import ModelSpec

MEDIA_TYPE = "application/vnd.apache.parquet"
SOURCE = "api"


@dataclass
class _File:
    tables: dict[tuple[str, int], pa.Table] = field(default_factory=dict)  # by request and part
    messages: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Names these outcomes and no others, in whatever order they came."""
        keys = "\n".join(f"{request}\n{part}" for request, part in sorted(self.tables))
        return hashlib.sha256(keys.encode(errors="replace")).hexdigest()[:32]

    def table(self) -> pa.Table:
        return pa.concat_tables(self.tables[key] for key in sorted(self.tables))


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
        self._files: dict[tuple[str, str], _File] = {}

    def take(self, message_id: str, text: str) -> None:
        """Put a message to those that belong into the same file.

        Raises:
            UnreadableOutcomes: it is no message, or does not fit the spec of its model.
            UnknownModel: its model is not deployed.
        """
        message = read_message(text)
        table = self._table(message)
        place = (message.model, f"{message.received_at:%Y-%m-%d}")
        file = self._files.setdefault(place, _File())
        file.tables[(message.request_id, message.part)] = table
        file.messages.append(message_id)

    def write(self) -> Iterator[Written]:
        """Write the files; that one fails does not keep the others."""
        for (model, day), file in self._files.items():
            table, body = file.table(), io.BytesIO()
            pq.write_table(table, body, compression="zstd")
            place = uri(self._bucket, truth_key(model, day, file.name))
            error = None
            try:
                self._store.write(place, body.getvalue(), MEDIA_TYPE)
            except Exception as raised:
                error = raised
            yield Written(model, table.num_rows, tuple(file.messages), error)

    def _table(self, message: Message) -> pa.Table:
        spec = self._spec_of(message.model)
        at = message.received_at
        return truth_table(spec, ((one, at, SOURCE) for one in message.outcomes))
