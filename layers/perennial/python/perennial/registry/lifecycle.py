"""How a run may change: what is final stays, what is missing may still be filled in."""

from __future__ import annotations

from dataclasses import replace
from typing import Required, TypedDict, TypeVar, Unpack

from perennial.errors import Conflict
from perennial.registry.records import Run, RunStatus, Version

T = TypeVar("T")


class RunChange(TypedDict, total=False):
    """What may be changed of a run; what is absent or None stays."""

    at: Required[str]  # when, ISO 8601
    status: RunStatus | None
    reason: str | None
    dataset_digest: str | None
    metrics: dict[str, float] | None
    seconds: dict[str, float] | None
    usage: dict[str, float] | None
    execution_arn: str | None


def revised(run: Run, **change: Unpack[RunChange]) -> Run:
    """A run after a change; the very same object when nothing changes.

    The status of a final run never changes, nor does anything it says already. What it does not
    say yet (where it ran, how long its steps took, what went wrong afterwards) is filled in. A
    run that is under way does not go back to QUEUED. `seconds` adds to what is known by step.
    """
    final = run.status.final
    status = change.get("status") or run.status
    stays = final or status is RunStatus.QUEUED
    seconds = change.get("seconds") or {}
    changed = replace(
        run,
        status=run.status if stays else status,
        reason=_kept(final, run.reason, change.get("reason")),
        dataset_digest=_kept(final, run.dataset_digest, change.get("dataset_digest")),
        metrics=_kept(final, run.metrics, change.get("metrics")),
        seconds={**seconds, **run.seconds} if final else {**run.seconds, **seconds},
        usage=_kept(final, run.usage, change.get("usage") or None),
        execution_arn=_kept(final, run.execution_arn, change.get("execution_arn")),
    )
    return run if changed == run else replace(changed, updated_at=change["at"])


def _kept(final: bool, present: T, wanted: T | None) -> T:
    """What stands there after a change."""
    return present if wanted is None or (final and present) else wanted


def with_version(run: Run, version: Version) -> Run:
    """A run that has registered a version; it ends when the version serves, not yet.

    Raises:
        Conflict: the run has ended otherwise.
    """
    if run.status.final:
        raise Conflict(
            f"run {run.run_id} of {run.model} has ended {run.status.value}: "
            "nothing can be registered from it any more"
        )
    return replace(
        run,
        status=RunStatus.RUNNING,
        version=version.number,
        dataset_digest=version.dataset_digest,
        metrics=version.metrics,
        updated_at=version.created_at,
    )
