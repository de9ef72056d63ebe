"""Looks at a file to score, pins the version that scores it and cuts it into chunks."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3_files import S3Files
from perennial.data.light_arrow import lighten
from perennial.observability import logger, observed
from perennial.registry.layout import split_uri
from perennial.scoring.plan import Planned, plan
from perennial.scoring.records import CHUNKS
from perennial.scoring.request import Request
from perennial.settings import Settings

lighten()


@cache
def ports() -> tuple[DynamoRegistry, S3Files]:
    """The registry and the store of files, once per process."""
    return DynamoRegistry(Settings().table), S3Files()


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Plan; a file that cannot be scored is an answer, not an error."""
    registry, files = ports()
    pipelines = bool(os.environ.get("PERENNIAL_PIPELINES"))
    request = Request.from_json(event)
    planned = plan(request, Settings().specs, registry, files, pipelines=pipelines)
    answer = _answer(planned)
    told = {"outcome": answer["outcome"], "chunks": planned.chunks, "reason": planned.refused}
    logger.info("scoring planned", extra=told)
    return answer


def _answer(planned: Planned) -> dict[str, Any]:
    """What the workflow goes on with: references, and never rows."""
    if planned.refused:
        return {"outcome": "REFUSED", "reason": planned.refused}
    bucket, key = split_uri(planned.prefix + CHUNKS)
    return {
        "outcome": "REUSED" if planned.reused else "PLANNED",
        "prefix": planned.prefix,
        "list": {"bucket": bucket, "key": key},
        "chunks": planned.chunks,
        "tolerated_failure_percentage": 100 * planned.tolerated_failures,
    }
