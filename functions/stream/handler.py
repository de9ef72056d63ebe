"""Answers the records of a stream: rows in, predictions into another stream."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from perennial.adapters.kinesis import KinesisStream
from perennial.adapters.lean_dynamodb import LeanRoutes
from perennial.adapters.lean_lambda import LeanFunction
from perennial.adapters.lean_s3 import LeanObjects
from perennial.adapters.lean_sqs import LeanQueue
from perennial.adapters.sqs import SqsQueue
from perennial.observability import count, logger, observed
from perennial.serving.capture import Capture
from perennial.serving.engine import engine_of
from perennial.serving.journal import Journal
from perennial.serving.models import Models
from perennial.serving.router import Router
from perennial.settings import Settings
from perennial.streaming.answering import Answerer
from perennial.streaming.batch import Batch
from perennial.streaming.records import Arrival

_SPARE_SECONDS = 5.0  # of the call's time, to tell what is done
_CONFIRM_SECONDS = 1.0  # for the captures of a call to be confirmed


class Parts:
    """What lives as long as the process.

    Attributes:
        journal: the log of what serves.
        answerer: makes the answers.
        output: the stream of predictions.
        aside: the queue that is told of records nobody can answer.
        capture: keeps predictions, where this deployment does.
        captured: the queue behind it.
    """

    def __init__(self, settings: Settings) -> None:
        """Args: settings: of the function."""
        self.journal = Journal(os.environ.get("LOG_LEVEL", "INFO"))
        router = Router(LeanRoutes(settings.table), LeanObjects(), engine_of, self.journal)
        deployed = frozenset(settings.specs.models())
        pipelines = os.environ.get("PERENNIAL_PIPELINE_FUNCTION")
        forward = LeanFunction(pipelines) if pipelines else None
        self.answerer = Answerer(Models(router, deployed.__contains__), self.journal, forward)
        self.output = KinesisStream(settings.predictions_stream)
        self.aside = SqsQueue(settings.set_aside_queue)
        self.captured: LeanQueue | None = None
        url = os.environ.get("PERENNIAL_CAPTURE_QUEUE")
        connect = partial(self._connect, url or "")
        self.capture = Capture(connect, str(settings.specs.folder), self.journal) if url else None

    def _connect(self, url: str, lost: Callable[[str, str], None]) -> LeanQueue:
        self.captured = LeanQueue(url, lost)
        return self.captured


@cache
def parts() -> Parts:
    """The parts, once per process."""
    return Parts(Settings())


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer with the records to deliver again; those before the first of them are done."""
    made = parts()
    made.journal.request_id = context.aws_request_id
    spare = context.get_remaining_time_in_millis() / 1e3 - _SPARE_SECONDS
    batch = Batch(
        made.answerer.answer,
        made.output,
        made.aside,
        stream=event["Records"][0]["eventSourceARN"].rpartition("/")[2],
        until=time.monotonic() + spare,
        capture=made.capture,
    )
    response = process_partial_response(
        event=event,
        record_handler=lambda record: batch.take(_arrival(record)),
        processor=BatchProcessor(EventType.KinesisDataStreams, raise_on_entire_batch_failure=False),
        context=context,
    )
    again = [arrival.sequence_number for arrival in batch.write()]
    _tell(batch)
    _confirm(made.captured)
    again += [str(each["itemIdentifier"]) for each in response["batchItemFailures"]]
    if again:
        logger.warning("records must come again", records=len(again), first=min(again, key=int))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in again]}


def _arrival(record: KinesisStreamRecord) -> Arrival:
    return Arrival(
        shard=str(record.event_id).partition(":")[0],
        sequence_number=record.kinesis.sequence_number,
        partition_key=record.kinesis.partition_key,
        data=record.kinesis.data_as_bytes(),
    )


def _tell(batch: Batch) -> None:
    for model, records in batch.predicted.items():
        count("StreamPredictions", records, model=model)
    for reason, records in Counter(each.reason for each in batch.refused).items():
        count("RecordsSetAside", records, reason=reason)
    for each in batch.refused:
        logger.warning(
            "record set aside",
            reason=each.reason,
            of_model=each.model,
            shard=each.arrival.shard,
            sequence_number=each.arrival.sequence_number,
        )


def _confirm(captured: LeanQueue | None) -> None:
    """Wait a moment for what was captured: nobody waits for this call, and it may be the last."""
    until = time.monotonic() + _CONFIRM_SECONDS
    while captured is not None and captured.unconfirmed and time.monotonic() < until:
        time.sleep(0.01)
        captured.settle()
        captured.flush()
