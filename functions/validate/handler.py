"""Checks an uploaded file against its model's spec and writes the dataset to train from."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial import __version__
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.data.light_arrow import lighten
from perennial.data.order import Code, Order
from perennial.data.run import validate_run
from perennial.observability import count, logger, observed
from perennial.privacy.deployed import pseudonyms
from perennial.registry.clock import now
from perennial.registry.records import SourceObject
from perennial.settings import Settings

lighten()


@cache
def ports() -> tuple[S3ObjectStore, DynamoRegistry]:
    """The object store and the registry, once per process."""
    return S3ObjectStore(), DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Accept or reject the object a run was started for; either is an answer, not an error."""
    settings = Settings()
    order = Order(event["model"], event["run_id"], SourceObject(**event["source"]))
    spec = settings.specs.spec_of(order.model)
    answer, validation = validate_run(
        order,
        spec,
        Code(__version__, settings.code_version, settings.commit),
        settings.data_bucket,
        *ports(),
        now,
        pseudonyms() if spec.privacy.pseudonymised else None,
    )
    logger.info(
        "data validated",
        extra={
            "outcome": answer["outcome"],
            "rows": validation.rows,
            "errors": len(validation.errors),
            "warnings": len(validation.warnings),
        },
    )
    count("RowsValidated", validation.rows, model=order.model)
    return answer
