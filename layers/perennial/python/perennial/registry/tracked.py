"""A run as it is told to MLflow, as values. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A metric at a step."""

    name: str
    value: float
    step: int = 0


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """What MLflow keeps of a run; times are milliseconds since 1970."""

    run_id: str  # 32 hexadecimal digits, as MLflow's own
    experiment: str
    name: str
    user: str
    finished: bool  # else it failed
    started: int
    ended: int
    artifact_uri: str
    parameters: dict[str, str]
    metrics: tuple[Point, ...]
    tags: dict[str, str]
    children: tuple[TrackedRun, ...] = ()
