"""Writes the truth to S3: batches of the queue, and files that were uploaded."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.queue_batches import work_off
from perennial.adapters.s3_files import S3Files
from perennial.data.light_arrow import lighten
from perennial.errors import MissingSetting, UnknownModel
from perennial.observability import about, count, log_error, logger, observed
from perennial.outcomes.batch import Batch
from perennial.outcomes.file import Upload, record_file
from perennial.outcomes.labels import KnownLabels
from perennial.registry.intake import run_id_of
from perennial.registry.layout import outcomes_model
from perennial.registry.records import SourceObject
from perennial.settings import Settings

lighten()


@cache
def files() -> S3Files:
    """The store of files, once per process."""
    return S3Files()


@cache
def labels() -> KnownLabels:
    """The labels of the models in service, once per process."""
    return KnownLabels(DynamoRegistry(Settings().table), files(), _log_unreadable)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Record a batch of the queue, or the file an event tells of."""
    return _uploaded(event) if "detail" in event else _batch(event, context)


def _batch(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer with the messages to deliver again; the rest of the batch is done."""
    settings = Settings()
    batch = Batch(settings.specs.spec_of, files(), settings.data_bucket)
    return work_off(event, context, batch, "OutcomesRecorded")


def _uploaded(event: dict[str, Any]) -> dict[str, Any]:
    """Record the file of an "Object Created" event of EventBridge; keys are not URL-encoded there.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    stored, bucket = event["detail"]["object"], event["detail"]["bucket"]["name"]
    model = outcomes_model(stored["key"])
    if model is None:
        return {"outcome": "IGNORED"}
    if "version-id" not in stored:
        raise MissingSetting(f"the bucket {bucket} keeps no versions; a file is one version")
    source = SourceObject(
        bucket, stored["key"], stored["version-id"], stored["etag"], int(stored["size"])
    )
    about(model=model, run_id=run_id_of(source))
    try:
        spec = Settings().specs.spec_of(model)
    except UnknownModel as error:
        count("UnknownModelUpload")
        logger.warning("outcomes of a model that is not deployed", extra={"key": source.key})
        return {"outcome": "UNKNOWN_MODEL", "reason": str(error)}
    received_at = datetime.fromisoformat(event["time"]).astimezone(UTC)
    upload = Upload(source, spec, received_at, labels()(model))
    summary = record_file(upload, files())
    logger.info("file recorded", extra=summary.told)
    count("OutcomesRecorded", summary.accepted, model=model)
    count("OutcomesRefused", summary.rejected, model=model)
    return {"outcome": summary.status, "accepted": summary.accepted, "rejected": summary.rejected}


def _log_unreadable(error: Exception) -> None:
    log_error("the artifact in service cannot be read", error)
