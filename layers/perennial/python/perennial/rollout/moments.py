"""Arithmetic on points in time as the registry writes them: ISO 8601, UTC, with milliseconds."""

from __future__ import annotations

from datetime import datetime, timedelta


def moment(at: str) -> datetime:
    """The point in time a text stands for, with its zone."""
    return datetime.fromisoformat(at)


def seconds_between(start: str, end: str) -> float:
    """How long it is from one point to the other; negative where clocks disagree."""
    return (moment(end) - moment(start)).total_seconds()


def later(at: str, seconds: float) -> str:
    """The point in time so many seconds later."""
    shifted = moment(at) + timedelta(seconds=seconds)
    return shifted.isoformat(timespec="milliseconds").replace("+00:00", "Z")
