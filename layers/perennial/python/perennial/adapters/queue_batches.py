"""A batch of a queue worked off: what failed is delivered again, the rest is done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from perennial.errors import PerennialError, origin
from perennial.observability import count, logger
from perennial.registry.written import Written


class Batch(Protocol):
    """Takes messages, then writes the files they belong into."""

    def take(self, message_id: str, text: str) -> None:
        """Take one message; raises where it cannot."""
        ...

    def write(self) -> Iterable[Written]:
        """Write the files; that one fails does not keep the others."""
        ...


def work_off(event: dict[str, Any], context: Any, batch: Batch, metric: str) -> dict[str, Any]:
    """Answer with the messages to deliver again.

    Args:
        event: of the queue.
        context: of the call.
        batch: takes and writes the messages.
        metric: counts the rows that are written, by model.
    """
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
            count(metric, written.rows, model=written.model)
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
