"""The one door to training: from an uploaded object to a run that starts or waits.

The id of a run is made from the exact object version, so that a repeated event means the same
run, and the workflow's execution has that id for a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from perennial.errors import UnknownModel
from perennial.registry.clock import Clock
from perennial.registry.queue import Workflow, start_next
from perennial.registry.records import Run, RunStatus, SourceObject
from perennial.registry.store import Registry


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """Somebody wants a model trained from an object."""

    model: str
    source: SourceObject
    trigger: str  # upload, schedule, alarm, api
    by: str  # identity or event source


@dataclass(frozen=True, slots=True)
class Accepted:
    """The run of a request, and whether the request made it."""

    run: Run
    new: bool
    started: Run | None  # the run that was started on this occasion; an older one comes first


def run_id_of(source: SourceObject) -> str:
    """The id of the run of an object version: 32 hexadecimal digits."""
    name = f"{source.bucket}\n{source.key}\n{source.version_id}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def accept(
    request: TrainingRequest,
    deployed: Collection[str],
    registry: Registry,
    workflow: Workflow,
    clock: Clock,
) -> Accepted:
    """Make the run of a request, once, and start whichever run of the model is due.

    Raises:
        UnknownModel: no such model is deployed; nothing is remembered.
        Unavailable: a service does not answer; calling again takes up where this stopped.
    """
    if request.model not in deployed:
        raise UnknownModel(f"no model named {request.model!r} is deployed")
    run = _queued(request, clock())
    new = registry.create_run(run)
    started = start_next(request.model, registry, workflow, clock)
    present = registry.run(run.model, run.run_id) or run
    return Accepted(present, new, started)


def _queued(request: TrainingRequest, at: str) -> Run:
    return Run(
        model=request.model,
        run_id=run_id_of(request.source),
        status=RunStatus.QUEUED,
        source=request.source,
        created_at=at,
        created_by=request.by,
        trigger=request.trigger,
        updated_at=at,
    )
