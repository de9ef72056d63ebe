"""Records to test with: each function gives one that is whole, with what a test cares for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from perennial.registry.records import (
    Event,
    Rollout,
    RolloutStatus,
    RolloutStep,
    Route,
    RoutedVersion,
    Run,
    RunStatus,
    SourceObject,
    Version,
)

AT = "2026-01-02T03:04:05.006Z"
SOURCE = SourceObject("data", "incoming/bank/jan.csv", "v1", "etag", 120)


def a_run(run_id: str = "a", **given: Any) -> Run:
    run = Run(
        model="bank",
        run_id=run_id,
        status=RunStatus.QUEUED,
        source=SOURCE,
        created_at=AT,
        created_by="alice",
        trigger="upload",
        updated_at=AT,
    )
    return replace(run, **given)


def a_version(run_id: str = "a", **given: Any) -> Version:
    version = Version(
        model="bank",
        number=0,
        run_id=run_id,
        artifact_digest="d" * 64,
        artifact_uri="s3://artifacts/artifacts/bank/d.zip",
        artifact_size=7,
        dataset_digest="e" * 64,
        spec_digest="f" * 64,
        receipt_uri="s3://data/runs/bank/a/receipt.json",
        report_uri="s3://data/runs/bank/a/evaluation.html",
        algorithm="xgboost",
        metrics={"roc_auc": 0.9, "log_loss": 1.0},
        gates=("roc_auc 0.9 ≥ 0.8",),
        created_at=AT,
    )
    return replace(version, **given)


def an_event(what: str = "version_registered", **given: Any) -> Event:
    event = Event("bank", 0, AT, "alice", what, "", "because", {"run_id": "a"})
    return replace(event, **given)


def a_route(revision: int = 1, champion: int = 1, **given: Any) -> Route:
    served = RoutedVersion(champion, "d" * 64, "s3://artifacts/artifacts/bank/d.zip")
    return replace(Route("bank", revision, served, None, AT, "alice", "because"), **given)


def a_rollout(revision: int = 1, **given: Any) -> Rollout:
    rollout = Rollout(
        model="bank",
        rollout_id="r2",
        revision=revision,
        status=RolloutStatus.RUNNING,
        version=2,
        champion=1,
        steps=(RolloutStep("shadow", 0.0, 60, 10), RolloutStep("canary", 0.25, 60, 10)),
        step=0,
        step_began_at=AT,
        began_at=AT,
        began_by="alice",
        updated_at=AT,
    )
    return replace(rollout, **given)
