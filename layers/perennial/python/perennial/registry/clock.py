"""Points in time as the registry writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], str]


def now() -> str:
    """This moment, ISO 8601 in UTC with milliseconds: such texts sort by time."""
    return iso(datetime.now(UTC))


def iso(when: datetime) -> str:
    """A point in time as the registry writes it."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
