"""A Kinesis stream that records are written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from perennial.adapters.aws import client, translated


class Keyed(Protocol):
    """Something a record is made of."""

    @property
    def key(self) -> str:
        """The partition key."""
        ...

    @property
    def data(self) -> bytes:
        """The bytes."""
        ...


class KinesisStream:
    """`perennial.streaming.ordering.Output` on one stream."""

    def __init__(self, name: str, kinesis: Any = None) -> None:
        """Args: name: of the stream; kinesis: the client, where it is not the process's own."""
        self._name = name
        self._kinesis = kinesis if kinesis is not None else client("kinesis")

    def put(self, records: Sequence[Keyed]) -> list[bool]:
        """Store at most 500 records; whether each of them is stored.

        Raises:
            Unavailable: Kinesis did not answer, or throttled all of it.
        """
        entries = [{"PartitionKey": record.key, "Data": record.data} for record in records]
        with translated("Kinesis", "storing records"):
            answer = self._kinesis.put_records(StreamName=self._name, Records=entries)
        return ["ErrorCode" not in told for told in answer["Records"]]
