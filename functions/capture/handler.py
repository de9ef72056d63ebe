"""Writes what the predict function has sent about its answers to S3, a batch at a time."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from perennial.adapters.s3 import S3ObjectStore
from perennial.capture.batch import Batch
from perennial.errors import PerennialError, origin
from perennial.observability import count, logger, observed
from perennial.settings import Settings


@cache
def store() -> S3ObjectStore:
    """The object store, once per process."""
    return S3ObjectStore()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer with the messages to deliver again; the rest of the batch is done."""
    settings = Settings()
    batch = Batch(settings.specs.spec_of, store(), settings.data_bucket)
    response = process_partial_response(
        event=event,
        record_handler=lambda record: _take(batch, record),
        processor=BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )
    failed = [*response["batchItemFailures"]]
    for written in batch.write():
        if written.error:
            logger.error("file not written", model=written.model, cause=_told(written.error))
            failed += [{"itemIdentifier": message} for message in written.messages]
        else:
            count("PredictionsCaptured", written.rows, model=written.model)
            logger.info("file written", model=written.model, rows=written.rows)
    return {"batchItemFailures": failed}


def _take(batch: Batch, record: SQSRecord) -> None:
    try:
        batch.take(record.message_id, record.body)
    except Exception as error:
        logger.error("message not taken", message_id=record.message_id, cause=_told(error))
        raise


def _told(error: Exception) -> str:
    """An error as a log may show it: only our own messages are known to hold no value."""
    return str(error) if isinstance(error, PerennialError) else origin(error)
