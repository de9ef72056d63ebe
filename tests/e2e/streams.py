"""Puts records on a deployed stream and reads what comes out of the other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.platform import Platform, until


@dataclass
class Streams:
    """The two streams of a deployment."""

    platform: Platform

    def __post_init__(self) -> None:
        self.kinesis = self.platform.client("kinesis")
        outputs = self.platform.outputs
        self.rows, self.predictions = outputs["RowsStreamName"], outputs["PredictionsStreamName"]

    def put(self, key: str, record: object) -> str:
        """Put a record, as its JSON or its bytes; its sequence number."""
        data = record if isinstance(record, bytes) else json.dumps(record).encode()
        answer = self.kinesis.put_record(StreamName=self.rows, PartitionKey=key, Data=data)
        return str(answer["SequenceNumber"])

    def predicted(self, prefix: str) -> list[dict[str, Any]]:
        """Predictions whose `id` has a prefix, in the order of their shard."""
        return [
            document
            for record in self._records()
            if str((document := json.loads(record["Data"]))["id"]).startswith(prefix)
        ]

    def wait_for(self, prefix: str, count: int, seconds: float = 40.0) -> list[dict[str, Any]]:
        """The predictions with a prefix, once there are so many of different records."""

        def there() -> list[dict[str, Any]] | None:
            found = self.predicted(prefix)
            return found if len({each["id"] for each in found}) >= count else None

        found = until(there, f"{count} predictions {prefix}", seconds)
        assert isinstance(found, list)
        return found

    def set_aside(self, numbers: Sequence[str], seconds: float = 30.0) -> dict[str, dict[str, Any]]:
        """What the queue is told of records, by sequence number; taken out of it."""
        sqs, url = self.platform.client("sqs"), self.platform.outputs["MissedRowsQueueUrl"]
        told: dict[str, dict[str, Any]] = {}

        def there() -> bool:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                document = json.loads(message["Body"])
                told[document["sequence_number"]] = document
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return set(numbers) <= told.keys()

        until(there, "records to be set aside", seconds)
        return told

    def _records(self) -> Iterator[dict[str, Any]]:
        listed = self.kinesis.list_shards(StreamName=self.predictions)["Shards"]
        for shard in listed:
            iterator = self.kinesis.get_shard_iterator(
                StreamName=self.predictions,
                ShardId=shard["ShardId"],
                ShardIteratorType="TRIM_HORIZON",
            )["ShardIterator"]
            while True:
                answer = self.kinesis.get_records(ShardIterator=iterator, Limit=1000)
                if not answer["Records"]:
                    break
                yield from answer["Records"]
                iterator = answer["NextShardIterator"]
