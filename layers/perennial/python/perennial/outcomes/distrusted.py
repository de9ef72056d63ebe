"""Stretches of time whose data nobody should learn from: reports found its quality bad."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from perennial.outcomes.join import Span
from perennial.registry.files import Files
from perennial.registry.layout import REPORTS, uri

_REPORT = "report.json"
_AT_ONCE = 16
_NAME = re.compile(r"(\d{8}T\d{6}Z)-(\d+)s")  # the end of the window, and how long it is


def distrusted(files: Files, bucket: str, model: str, span: Span) -> list[Span]:
    """The windows within a span about which a report says that the data's quality alarms.

    A report that cannot be read says nothing.

    Raises:
        Unavailable: the store does not answer.
    """
    prefix = uri(bucket, f"{REPORTS}{model}/")
    wanted = [
        f"{folder}{_REPORT}"
        for folder in files.folders(prefix)
        if _may_overlap(folder.removeprefix(prefix).rstrip("/"), span)
    ]
    with ThreadPoolExecutor(_AT_ONCE, "reports") as threads:
        found = threads.map(lambda place: _read(files, place), wanted)
        windows = [window for document in found for window in _alarmed(document)]
    return [one for one in windows if one.start < span.end and one.end > span.start]


def _may_overlap(name: str, span: Span) -> bool:
    """Whether a report of this name can be about the span; one that says nothing may be."""
    match = _NAME.fullmatch(name)
    if match is None:
        return True
    end = datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    start = end - timedelta(seconds=min(int(match[2]), 10**9))
    # A name is rounded to seconds.
    return start <= span.end and end + timedelta(seconds=1) >= span.start


def _read(files: Files, place: str) -> Any:
    try:
        return json.loads(files.read(place))
    except (FileNotFoundError, ValueError, RecursionError):
        return None


def _alarmed(document: Any) -> Iterator[Span]:
    try:
        if document["verdicts"]["quality"]["state"] == "alarm":
            window = document["window"]
            yield Span(_moment(window["start"]), _moment(window["end"]))
    except (KeyError, TypeError, ValueError):
        return


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
