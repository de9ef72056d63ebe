"""Proposes the next trials of a run's search, or ends it with what was found."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from perennial.adapters.s3 import S3ObjectStore
from perennial.errors import MissingSetting
from perennial.observability import logger, observed
from perennial.tuning.budget import JobSize
from perennial.tuning.files import SearchFiles
from perennial.tuning.step import next_step


@cache
def store() -> S3ObjectStore:
    """The object store, once per process."""
    return S3ObjectStore()


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Settle the round that ran; answers with the jobs of the next one, or that there is none."""
    files, size = SearchFiles(event["run_uri"], store()), _size()
    step = next_step(files, int(event["round"]), event.get("usage") or {}, size, time.time)
    logger.info(
        "search ended" if step.ended else "trials proposed",
        extra={"round": step.round, "jobs": len(step.jobs)},
    )
    return step.to_json(size)


def _size() -> JobSize:
    """How large a job was made."""
    try:
        return JobSize(
            vcpus=float(os.environ["PERENNIAL_TRAIN_VCPUS"]),
            gib=float(os.environ["PERENNIAL_TRAIN_GIB"]),
        )
    except KeyError as error:
        raise MissingSetting(f"the environment lacks {error.args[0]}") from error
