"""What one report leaves for the next: where the sequential detector stands, points of plots.

It lies beside each report in a small document of its own. A pass reads what was left by the
reports whose windows ended before its own, and none other: so a window that is looked at again
gives the same again, whatever was found since.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from perennial.monitoring.concept import Concept
from perennial.monitoring.record import PastPoint
from perennial.registry import layout
from perennial.registry.files import Files

CARRIED = "carried.json"
REPORT_JSON, REPORT_HTML = "report.json", "report.html"
POINTS = 60  # earlier reports that a plot shows
_END = "%Y%m%dT%H%M%SZ"
_AT_ONCE = 16


class Carried(BaseModel):
    """What later reports must know of one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    end: str  # of its window, ISO 8601
    concept: Concept | None = None
    last_prediction: str | None = None  # the latest that is known, in this window or before
    point: PastPoint | None = None


def report_id(start: datetime, end: datetime) -> str:
    """Names a window: `20261121T100000Z-86400s`; ids sort by its end."""
    return f"{end.astimezone(UTC):{_END}}-{int((end - start).total_seconds())}s"


def ended(name: str) -> datetime | None:
    """When the window of a report ended, by its id; None when it is no id."""
    try:
        return datetime.strptime(name.partition("-")[0], _END).replace(tzinfo=UTC)
    except ValueError:
        return None


def report_ids(files: Files, bucket: str, model: str) -> list[str]:
    """The ids of all reports of a model, the oldest first."""
    prefix = layout.uri(bucket, f"{layout.REPORTS}{model}/")
    names = (folder.removeprefix(prefix).rstrip("/") for folder in files.folders(prefix))
    return sorted(name for name in names if ended(name) is not None)


def earlier(
    files: Files, bucket: str, model: str, before: datetime, limit: int = POINTS
) -> Sequence[Carried]:
    """What the latest reports whose windows ended before a moment have left, the oldest first.

    Raises:
        Unavailable: the store does not answer.
    """
    names = [
        name
        for name in report_ids(files, bucket, model)
        if (end := ended(name)) is not None and end < before
    ]
    with ThreadPoolExecutor(_AT_ONCE, "history") as threads:
        found = threads.map(lambda name: _carried(files, bucket, model, name), names[-limit:])
        return [one for one in found if one is not None]


def _carried(files: Files, bucket: str, model: str, name: str) -> Carried | None:
    """What one report has left; None where it is not whole, as when its pass was cut off."""
    try:
        body = files.read(layout.uri(bucket, layout.report_prefix(model, name) + CARRIED))
        return Carried.model_validate_json(body)
    except (FileNotFoundError, ValidationError):
        return None
