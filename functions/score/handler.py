"""Scores one chunk of a file with the version the plan names."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from typing import Any

from perennial.adapters.lean_lambda import LeanFunction
from perennial.adapters.s3_files import S3Files
from perennial.data.light_arrow import lighten
from perennial.errors import ArtifactError
from perennial.observability import count, logger, observed
from perennial.scoring.chunk import score_chunk
from perennial.scoring.collect import read_plan
from perennial.scoring.model import TableModel, load_model
from perennial.scoring.records import Chunk, Plan

lighten()


@cache
def files() -> S3Files:
    """The store of files, once per process."""
    return S3Files()


@lru_cache(maxsize=1)
def prepared(prefix: str) -> tuple[Plan, TableModel]:
    """Plan and model of a scoring; a process that scores the next chunk of it has them.

    Raises:
        ArtifactError: the version's artifact is gone.
    """
    plan = read_plan(prefix, files())
    try:
        data = files().read(plan.version.artifact_uri)
    except FileNotFoundError:
        raise ArtifactError(f"the artifact of version {plan.version.number} is gone") from None
    name = os.environ.get("PERENNIAL_PIPELINE_FUNCTION")
    version, ask = plan.version, LeanFunction(name) if name else None
    return plan, load_model(data, version.artifact_digest, version.artifact_uri, ask)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Score a chunk; its rows go to S3, and only their number comes back."""
    chunk = Chunk.from_json(event["chunk"])
    plan, model = prepared(event["prefix"])
    scored = score_chunk(plan, chunk, event["prefix"], model, files())
    rejected = scored.rejected.rows if scored.rejected else 0
    told = {"chunk": chunk.number, "rows": scored.rows, "rejected": rejected}
    logger.info("chunk scored", extra=told | {"seconds": scored.seconds})
    count("RowsScored", scored.rows - rejected, model=plan.request.model)
    return {"chunk": chunk.number, "rows": scored.rows}
