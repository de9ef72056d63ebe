"""The end of a run: its final status, the free slot, and the next run's start."""

from __future__ import annotations

from dataclasses import dataclass, field

from perennial.registry.clock import Clock
from perennial.registry.queue import Workflow, start_next
from perennial.registry.records import Run, RunStatus
from perennial.registry.store import Registry

LONGEST_REASON = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How a run ended."""

    model: str
    run_id: str
    status: RunStatus
    reason: str = ""
    seconds: dict[str, float] = field(default_factory=dict)  # by step
    metrics: dict[str, float] = field(default_factory=dict)  # of a candidate kept out by a gate
    usage: dict[str, float] = field(default_factory=dict)  # of its jobs: perennial.cost.run


@dataclass(frozen=True, slots=True)
class Concluded:
    """The run as it stands at its end, and the one that was started in its place."""

    run: Run | None  # None: the registry knows no such run
    started: Run | None
    news: bool  # whether this call told the registry something it did not know


def conclude(
    conclusion: Conclusion, registry: Registry, workflow: Workflow, clock: Clock
) -> Concluded:
    """End a run and start the next. Repeating it changes nothing.

    Raises:
        ValueError: the status is not final.
        Unavailable: a service does not answer; calling again takes up where this stopped.
    """
    if not conclusion.status.final:
        raise ValueError(f"{conclusion.status.value} is no end of a run")
    before = registry.run(conclusion.model, conclusion.run_id)
    after = before and registry.update_run(
        conclusion.model,
        conclusion.run_id,
        at=clock(),
        status=conclusion.status,
        reason=_reason(before, conclusion),
        metrics=conclusion.metrics or None,
        seconds=conclusion.seconds,
        usage=conclusion.usage,
    )
    registry.release_training(conclusion.model, conclusion.run_id)
    started = start_next(conclusion.model, registry, workflow, clock)
    return Concluded(after, started, news=after != before)


def _reason(run: Run, conclusion: Conclusion) -> str:
    """Why it ended so; of a run whose version is registered already, what failed afterwards."""
    reason = conclusion.reason
    if run.version is not None and conclusion.status is RunStatus.FAILED:
        reason = f"version {run.version} is registered, but what follows failed: {reason}"
    return reason if len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 1] + "…"
