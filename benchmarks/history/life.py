"""The life of a model: one version after the other comes into service, and much is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from perennial.adapters.dynamodb_items import (
    ROUTE,
    STATE,
    event_item,
    item_of,
    run_item,
    source_item,
    version_item,
)
from perennial.registry.chain import Head, follow, head_of, registered
from perennial.registry.clock import iso
from perennial.registry.records import Event, Route, Run, RunStatus, SourceObject, Version
from perennial.registry.transitions import Act, put_in_service

MODEL = "churn"
PER_VERSION = 100  # events
_BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
_STEP = timedelta(minutes=3)


def items(versions: int) -> Iterator[dict[str, Any]]:
    """Everything in the table of a model with so many versions, and a hundred times the events."""
    head, route, tick = Head(), None, 0

    def at() -> str:
        return iso(_BEGAN + tick * _STEP)

    for number in range(1, versions + 1):
        run, version = _made(number, at())
        yield run_item(run, revision=3)
        yield source_item(run)
        yield version_item(version)
        tell = Event(MODEL, 0, at(), "workflow", "version_registered", "", "passed", {})
        told = registered(replace(tell, details=_registration(version)), version)
        change = put_in_service(route, version, Act(at(), "workflow", "it passed its gates"))
        route = change.route
        for event in [told, change.event, *_tells(number, at)]:
            sealed = follow(replace(event, at=at()), head)
            yield event_item(sealed)
            head, tick = head_of(sealed), tick + 1
    assert isinstance(route, Route)
    yield item_of(route, ROUTE)
    yield {
        "pk": {"S": f"MODEL#{MODEL}"},
        "sk": {"S": STATE},
        "last_event": {"N": str(head.sequence)},
        "last_digest": {"S": head.digest},
        "last_serving": {"N": str(head.serving)},
        "last_version": {"N": str(versions)},
    }


def _tells(number: int, at: Any) -> Iterator[Event]:
    for place in range(PER_VERSION - 2):
        said = {"version": str(number), "rows": "10", "wrong": "0", "seconds": "0.210"}
        reason = f"look {place}: 10 golden rows were answered as they must be"
        yield Event(MODEL, 0, at(), "proof", "route_proven", f"route {number}", reason, said)


def _registration(version: Version) -> dict[str, str]:
    return {"run_id": version.run_id, "artifact_digest": version.artifact_digest}


def _made(number: int, at: str) -> tuple[Run, Version]:
    run_id, digest = f"{number:032x}", f"{number:064x}"
    source = SourceObject("data", f"incoming/{MODEL}/{number // 3}.csv", f"v{number}", "e", 1000)
    run = Run(
        MODEL, run_id, RunStatus.SUCCEEDED, source, at, "arn:ada", "upload", at, "", number, digest
    )
    version = Version(
        model=MODEL,
        number=number,
        run_id=run_id,
        artifact_digest=digest,
        artifact_uri=f"s3://artifacts/artifacts/{MODEL}/{digest}.zip",
        artifact_size=100_000,
        dataset_digest=digest,
        spec_digest=digest,
        receipt_uri=f"s3://data/runs/{MODEL}/{run_id}/receipt.json",
        report_uri=f"s3://data/runs/{MODEL}/{run_id}/evaluation.html",
        algorithm="xgboost",
        metrics={"roc_auc": 0.8, "log_loss": 0.4},
        gates=("roc_auc 0.8 ≥ 0.7",),
        created_at=at,
    )
    return run, version
