"""The first look of a pass: all captured predictions of the window, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from perennial.capture.reading import Reading, captured
from perennial.monitoring.findings import Findings
from perennial.monitoring.reference import Reference
from perennial.monitoring.subject import Subject
from perennial.monitoring.traffic import COLUMNS, TrafficSeen, answered
from perennial.monitoring.window import DataWindow
from perennial.registry.files import Files
from perennial.spec import ModelSpec

_HOUR = timedelta(hours=1)  # captures are filed by it
_FAR = timedelta(days=36_500)  # beyond any mistake of a clock


@dataclass(slots=True)
class Seen:
    """What was captured in a window."""

    traffic: TrafficSeen
    window: DataWindow
    reading: Reading = field(default_factory=Reading)

    @classmethod
    def nothing(cls, reference: Reference) -> Seen:
        """No predictions at all."""
        return cls(TrafficSeen(), DataWindow(reference))


def look(subject: Subject, files: Files, bucket: str, start: datetime, end: datetime) -> Seen:
    """Read the captures of a window in a stream.

    Raises:
        Unavailable: the store does not answer.
    """
    seen = Seen.nothing(subject.reference)
    champion = subject.route.champion.number if subject.route else 0
    columns = (*COLUMNS, "features")
    spec = subject.spec
    for batch in captured(files, bucket, spec, start, end, columns=columns, reading=seen.reading):
        rows = answered(batch)
        if rows.num_rows:
            seen.traffic.add(rows)
            _add(seen.window, rows, champion)
    return seen


def _add(window: DataWindow, rows: pa.RecordBatch, champion: int) -> None:
    """Features of all rows; predictions of the version whose holdout they are compared with."""
    own = pc.equal(rows.column("version"), champion)
    mine = rows.filter(own)
    if mine.num_rows:
        window.add(mine)
    others = rows.filter(pc.invert(own))
    if others.num_rows:
        names = [
            name for name in others.schema.names if name not in ("prediction", "probabilities")
        ]
        window.add(others.select(names))


def name_problems(seen: Seen, findings: Findings) -> None:
    """Say what could not be read, and how much of it there was."""
    reading = seen.reading
    for one in reading.left_out:
        findings.problem("captures", f"{one.uri.rpartition('captures/')[2]}: {one.reason}")
    if reading.damaged > len(reading.left_out):
        findings.problem("captures", "further files could not be read", reading.damaged)


def from_the_future(files: Files, bucket: str, spec: ModelSpec, now: datetime) -> int:
    """Predictions that claim to have been made in hours to come: some clock is wrong.

    Raises:
        Unavailable: the store does not answer.
    """
    begin = now.replace(minute=0, second=0, microsecond=0) + _HOUR
    rows = captured(files, bucket, spec, begin, begin + _FAR, columns=())
    return sum(batch.num_rows for batch in rows)
