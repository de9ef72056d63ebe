"""Takes one step of a rollout: looks at what both versions did, judges and moves the route."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.cloudwatch import CloudWatchMetrics
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3_files import S3Files
from perennial.observability import count, logger, observed
from perennial.registry.clock import now
from perennial.rollout.step import take_step
from perennial.rollout.telling import notice_of
from perennial.rollout.witness import Evidenced
from perennial.settings import Settings


@cache
def ports() -> tuple[DynamoRegistry, S3Files, CloudWatchMetrics]:
    """The registry, captured predictions and metrics, once per process."""
    return DynamoRegistry(Settings().table), S3Files(), CloudWatchMetrics()


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Look once at a rollout; answers with its status and the seconds until the next look.

    Where nobody looks again, `notice` is what people are told, and `prove` says whether another
    version serves now. `ask_seconds` says for how long people are to be asked for an approval.
    """
    registry, files, metrics = ports()
    settings = Settings()
    spec = settings.specs.spec_of(event["model"])
    witness = Evidenced(spec, settings.data_bucket, files=files, metrics=metrics)
    stepped = take_step(
        spec.name,
        event["rollout_id"],
        spec.rollout,
        spec.approval,
        witness=witness,
        registry=registry,
        clock=now,
    )
    rollout = stepped.rollout
    told = {"rollout_id": rollout.rollout_id, "step": rollout.step, "status": rollout.status.value}
    logger.info("rollout looked at", extra=told)
    if stepped.over:
        count("RolloutsEnded", model=rollout.model, status=rollout.status.value)
    return {
        **told,
        "model": rollout.model,
        "version": rollout.version,
        "wait_seconds": stepped.wait_seconds,
        "ask_seconds": stepped.ask_seconds,
        "prove": rollout.status.value == "PROMOTED",
        "notice": notice_of(rollout) if stepped.over else None,
    }
