"""One training at a time per model: who waits, who may start, and what happens at the end.

A run is put in the queue when it is created and leaves it when it starts. Whoever adds a run or
frees the slot calls `start_next`; since the run is in the queue before the slot is tried, and the
slot is free before the queue is read, no run is left waiting in front of a free slot. Every
step may be repeated, so a caller that dies half way is made good by the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol

from perennial.registry.clock import Clock
from perennial.registry.records import Run, RunStatus
from perennial.registry.store import Registry


class Workflow(Protocol):
    """The training workflow. `perennial.adapters.stepfunctions` is it on AWS."""

    def start(self, name: str, execution_input: Mapping[str, object]) -> str:
        """Start an execution of this name, unless there has been one; its id either way.

        Raises:
            Unavailable: the service does not answer.
        """
        ...


def start_next(model: str, registry: Registry, workflow: Workflow, clock: Clock) -> Run | None:
    """Start the oldest run of a model that waits, if the slot is free; the run, or None.

    Raises:
        Unavailable: a service does not answer; calling again takes up where this stopped.
    """
    run = registry.next_queued(model)
    if run is None or not registry.claim_training(model, run.run_id, clock()):
        # Refused: another run holds the slot, or this one has started and ended in the meantime.
        # Either way somebody concludes a run after this, comes here and finds who waits.
        return None
    return _started(run, registry, workflow, clock)


def _started(run: Run, registry: Registry, workflow: Workflow, clock: Clock) -> Run:
    arn = workflow.start(run.run_id, execution_input(run))
    return registry.update_run(
        run.model, run.run_id, at=clock(), status=RunStatus.RUNNING, execution_arn=arn
    )


def execution_input(run: Run) -> dict[str, object]:
    """What the workflow is told about a run."""
    return {
        "run_id": run.run_id,
        "model": run.model,
        "source": asdict(run.source),
        "trigger": run.trigger,
        "by": run.created_by,
    }
