"""Ends the scoring of a file: as the workflow's last step, or when the workflow was cut off."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

from perennial.adapters.map_runs import failure_of, said
from perennial.adapters.s3_files import S3Files
from perennial.data.light_arrow import lighten
from perennial.errors import RequestError
from perennial.observability import about, count, logger, observed
from perennial.registry.clock import now
from perennial.scoring.collect import collect, put_beside, read_plan, reuse
from perennial.scoring.manifest import Outcome, manifest_uri, read_manifest, write_manifest
from perennial.scoring.records import ScoringStatus
from perennial.scoring.request import Request

lighten()


@cache
def files() -> S3Files:
    """The store of files, once per process."""
    return S3Files()


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Put outputs and manifest beside the file; answers with how it ended."""
    if "detail" in event:
        return _cut_off(event["detail"])
    request, planned = Request.from_json(event["request"]), event["planned"]
    about(model=request.model, run_id=request.run_id)
    return _told(request, _outcome(request, planned), event["started_at"])


def _outcome(request: Request, planned: dict[str, Any]) -> Outcome:
    if planned["outcome"] == "REFUSED":
        return Outcome(ScoringStatus.FAILED, planned["reason"])
    if planned["outcome"] == "REUSED":
        return put_beside(request, reuse(planned["prefix"], request, files()), files())
    plan = read_plan(planned["prefix"], files())
    return put_beside(request, collect(planned["prefix"], plan, files()), files())


def _cut_off(detail: dict[str, Any]) -> dict[str, Any]:
    """An "Execution Status Change" event: the workflow failed, timed out or was aborted."""
    if not detail.get("input"):
        raise RequestError("the event came without its input, so it does not say which run ended")
    request = Request.from_json(json.loads(detail["input"]))
    about(model=request.model, run_id=request.run_id)
    known = read_manifest(request, files())
    if known and known["run_id"] == request.run_id and known["status"] != "FAILED":
        return {"status": known["status"]}  # it was resumed since, and this event came late
    why = failure_of(detail["executionArn"]) or ": ".join(
        text for text in (detail.get("error"), said(detail.get("cause") or "")) if text
    )
    reason = f"the workflow ended {detail['status']}" + (f": {why}" if why else "")
    return _told(request, Outcome(ScoringStatus.FAILED, reason), None)


def _told(request: Request, outcome: Outcome, started_at: str | None) -> dict[str, Any]:
    ended = now()
    seconds = None
    if started_at is not None:
        took = datetime.fromisoformat(ended) - datetime.fromisoformat(started_at)
        seconds = round(took.total_seconds(), 3)
    write_manifest(request, outcome, files(), lambda: ended, seconds)
    status = outcome.status.value
    logger.info("file scored", extra={"status": status, "reused": outcome.reused})
    count("FilesScored", status=status)
    return {"status": status, "manifest_uri": manifest_uri(request)}
