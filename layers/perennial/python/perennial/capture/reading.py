"""Captured predictions of a stretch of time, batch by batch, whatever state their files are in.

Memory stays flat: a few files are fetched ahead, and what is remembered to count nothing twice
is 8 bytes for each prediction of one version and hour, since a message that was delivered twice
bears the same version and time both times.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perennial.capture.fetching import fetched
from perennial.capture.layout import REQUIRED, Layout, reading_schema
from perennial.capture.partitions import CaptureFile, capture_files
from perennial.capture.repeats import Seen
from perennial.errors import Unavailable
from perennial.registry.files import Files
from perennial.spec import ModelSpec

BATCH = 65_536  # rows at most
_TOLD = 20  # files of which is told why they were left out
DAMAGE = (ValueError, OSError, pa.ArrowException)  # what pyarrow raises about other bytes


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file, or a part of one, that was not read.

    Attributes:
        uri: the file.
        reason: why, for a person; it holds no value.
    """

    uri: str
    reason: str


@dataclass
class Reading:
    """What was met on the way; complete once the batches have been gone through.

    Attributes:
        files: that were read.
        rows: predictions that were handed out.
        repeated: rows left out since their prediction was there already.
        damaged: files that were left out.
        left_out: the first of them, and columns that were: each with its reason.
    """

    files: int = 0
    rows: int = 0
    repeated: int = 0
    damaged: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    def tell(self, uri: str, reason: str) -> None:
        """Remember why something was left out, of the first few."""
        if len(self.left_out) < _TOLD:
            self.left_out.append(LeftOut(uri, reason))


def captured(
    files: Files,
    bucket: str,
    spec: ModelSpec,
    start: datetime,
    end: datetime,
    *,
    columns: Collection[str] | None = None,
    features: Collection[str] | None = None,
    versions: Collection[int] | None = None,
    reading: Reading | None = None,
) -> Iterator[pa.RecordBatch]:
    """The predictions of a model made from `start` until before `end`, hour by hour.

    Each once, by its id and version. All batches have `reading_schema(spec, columns, features)`:
    the stored columns, and `version`. A file that is damaged, or gone in the meantime, is left
    out and named in `reading`.

    Args:
        files: the store.
        bucket: the data bucket.
        spec: of the model.
        start: UTC, inclusive.
        end: UTC, exclusive.
        columns: what is wanted beside `prediction_id` and `predicted_at`; None for everything.
        features: the fields wanted of `features`; None for all that are kept.
        versions: only these; None for all.
        reading: is told what was met.

    Raises:
        Unavailable: the store does not answer.
    """
    reading = Reading() if reading is None else reading
    layout = Layout(reading_schema(spec, columns, features))
    place, seen = ("", 0), Seen()
    found = capture_files(files, bucket, spec.name, start, end, versions)
    with closing(fetched(files, found)) as bodies:
        for one, body in bodies:
            if (one.hour, one.version) != place:
                place, seen = (one.hour, one.version), Seen()
            for inside in _batches(one, body, layout, (start, end), reading):
                fresh = inside.filter(pa.array(seen.new(inside.column("prediction_id"))))
                reading.repeated += inside.num_rows - fresh.num_rows
                reading.rows += fresh.num_rows
                if fresh.num_rows:
                    yield fresh


def _batches(
    one: CaptureFile,
    body: bytes | None,
    layout: Layout,
    span: tuple[datetime, datetime],
    reading: Reading,
) -> Iterator[pa.RecordBatch]:
    """The rows of a file in the span; nothing of a file that cannot be read to its end.

    Rows that were handed out before damage showed would make counts depend on where it lies.
    """
    if body is None:
        reading.damaged += 1
        reading.tell(one.uri, "it was deleted while it was looked for")
        return
    changed: set[str] = set()
    try:
        whole = [layout.apply(batch, one.version, changed) for batch in _parsed(body, layout)]
        for batch in whole:
            batch.validate(full=True)  # texts of a file may be other bytes than UTF-8
        found = [_within(batch, *span) for batch in whole]
    except Unavailable:
        raise
    except DAMAGE as error:
        reading.damaged += 1
        reading.tell(one.uri, _reason(error))
        return
    for name in sorted(changed):
        reading.tell(one.uri, f"column {name!r} has another type than today")
    reading.files += 1
    yield from found


class _OtherLayout(ValueError):
    """A Parquet file that is none of ours."""


def _parsed(body: bytes, layout: Layout) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(pa.BufferReader(body), pre_buffer=False) as file:
        names = file.schema_arrow.names
        for name in REQUIRED:
            if name not in names:
                raise _OtherLayout(f"it has no column {name!r}")
        if len(set(names)) < len(names):
            raise _OtherLayout("it has two columns of the same name")
        yield from file.iter_batches(BATCH, columns=layout.stored(names))


def _reason(error: Exception) -> str:
    if isinstance(error, _OtherLayout):
        return str(error)
    return "it is no whole Parquet file; was writing it interrupted?"


def _within(batch: pa.RecordBatch, start: datetime, end: datetime) -> pa.RecordBatch:
    """The rows with an id and a time in the window."""
    moments = batch.column("predicted_at")
    inside = pc.and_(pc.greater_equal(moments, _scalar(start)), pc.less(moments, _scalar(end)))
    inside = pc.and_(inside, pc.is_valid(batch.column("prediction_id")))
    return batch.filter(inside)


def _scalar(moment: datetime) -> pa.Scalar:
    return pa.scalar(moment, pa.timestamp("us", tz="UTC"))
