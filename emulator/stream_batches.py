"""One delivery of a shard's records to a function: its event, its outcome, and its end."""

import json
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from emulator import roles, seams

_log = logging.getLogger("emulator.streams")
_BATCH_BYTES: Final = 5_500_000  # of an invocation's 6 MB; what is around the data is less
_OVERHEAD: Final = 700  # bytes around the data of each record

Record = dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """Records for one call.

    Attributes:
        mapping: the event source mapping.
        shard_id: where the records lie.
        batch: the records, as MiniStack keeps them.
    """

    mapping: dict[str, Any]
    shard_id: str
    batch: Sequence[Record]

    @property
    def source(self) -> str:
        """The stream's ARN."""
        return str(self.mapping["EventSourceArn"])

    @property
    def name(self) -> str:
        """The function's name."""
        return str(self.mapping["FunctionName"])

    def function(self) -> dict[str, Any] | None:
        """The function as MiniStack runs it; None when it is gone."""
        found, _ = seams.get("services.lambda_svc:_get_func_record_for_qualifier")(
            self.name, self.mapping.get("Qualifier")
        )
        return dict(found) if found else None

    def expired(self, now: float) -> Sequence[Record]:
        """The records at the head of the batch that are older than the mapping takes."""
        oldest = int(self.mapping.get("MaximumRecordAgeInSeconds", -1))
        if oldest < 0:
            return []
        old = [now - float(each["ApproximateArrivalTimestamp"]) > oldest for each in self.batch]
        return self.batch[: old.index(False) if False in old else len(old)]

    def give_up(self, records: Sequence[Record], condition: str, calls: int) -> None:
        """Tell the mapping's destination where records lie that are not tried again."""
        failure = (self.mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
        destination = str(failure.get("Destination", ""))
        _log.warning("%s: %s of %s given up", self.name, condition, self.shard_id)
        if ":sqs:" not in destination:
            return
        function = self.function() or {}
        role = str((function.get("config") or function).get("Role", ""))
        _, region = seams.current_scope()
        if not roles.allowed(role, "sqs:SendMessage", destination, region):
            _log.warning("the role of %s may not tell %s", self.name, destination)
            return
        queue = seams.get("services.sqs:_queue_by_arn")(destination)
        if queue is not None:
            body = json.dumps(self._told(records, condition, calls, function))
            seams.get("services.sqs:_act_send_message")({"MessageBody": body}, queue["url"])

    def _told(
        self, records: Sequence[Record], condition: str, calls: int, function: dict[str, Any]
    ) -> dict[str, object]:
        config = function.get("config") or function
        return {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": config.get("FunctionArn", ""),
                "condition": condition,
                "approximateInvokeCount": calls,
            },
            "version": "1.0",
            "timestamp": _moment(time.time()),
            "KinesisBatchInfo": {
                "shardId": self.shard_id,
                "startSequenceNumber": records[0]["SequenceNumber"],
                "endSequenceNumber": records[-1]["SequenceNumber"],
                "approximateArrivalOfFirstRecord": _arrived(records[0]),
                "approximateArrivalOfLastRecord": _arrived(records[-1]),
                "batchSize": len(records),
                "streamArn": self.source,
            },
        }


def fitting(waiting: Sequence[Record], most: int) -> list[Record]:
    """As many of the records as one call takes; one at least."""
    size = 0
    for number, each in enumerate(waiting[:most]):
        size += len(each["Data"]) + _OVERHEAD
        if number and size > _BATCH_BYTES:
            return list(waiting[:number])
    return list(waiting[:most])


def invocation(delivery: Delivery) -> list[dict[str, object]]:
    """The `Records` of the event."""
    account, region = seams.current_scope()
    return [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": each["PartitionKey"],
                "sequenceNumber": each["SequenceNumber"],
                "data": each["Data"],
                "approximateArrivalTimestamp": each["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{delivery.shard_id}:{each['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{account}:role/lambda",
            "awsRegion": region,
            "eventSourceARN": delivery.source,
        }
        for each in delivery.batch
    ]


def first_failed(delivery: Delivery, answer: object) -> int:
    """How many records are done: those before the first that the function says is not."""
    if "ReportBatchItemFailures" not in (delivery.mapping.get("FunctionResponseTypes") or []):
        return len(delivery.batch)
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return len(delivery.batch)
    places = {each["SequenceNumber"]: place for place, each in enumerate(delivery.batch)}
    # An identifier that is none of the batch's fails all of it, as on AWS.
    return min(places.get(each.get("itemIdentifier"), 0) for each in failures)


def _arrived(record: Record) -> str:
    return _moment(float(record["ApproximateArrivalTimestamp"]))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
