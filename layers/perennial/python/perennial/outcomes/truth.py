"""The truth as it is kept, read by the days on which it came in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perennial.capture.fetching import fetched
from perennial.capture.reading import DAMAGE, Reading
from perennial.outcomes.columns import outcome_type, truth_schema
from perennial.outcomes.rules import TOLERANCE
from perennial.registry.files import Files, Listed
from perennial.registry.layout import TRUTH, uri
from perennial.spec import ModelSpec

_COLUMNS = ("prediction_id", "entity_id", "predicted_at", "outcome", "observed_at", "received_at")


@dataclass
class TruthReading(Reading):
    """What was met in the files of truth, beside `Reading`.

    Attributes:
        wrong_type: outcomes of another type than the spec has today.
        future: outcomes observed after they came in, by more than clocks may differ.
    """

    wrong_type: int = field(default=0)
    future: int = field(default=0)


def truth(
    files: Files,
    bucket: str,
    spec: ModelSpec,
    start: datetime,
    end: datetime,
    reading: TruthReading,
) -> Iterator[pa.RecordBatch]:
    """The outcomes of a model that came in from `start` until before `end`.

    Damaged files are left out and named, as are outcomes that cannot be used.

    Args:
        files: the store.
        bucket: the data bucket.
        spec: of the model.
        start: UTC, inclusive.
        end: UTC, exclusive.
        reading: is told what was met.

    Raises:
        Unavailable: the store does not answer.
    """
    with closing(fetched(files, _files(files, bucket, spec.name, start, end))) as bodies:
        for one, body in bodies:
            table = _table(one.uri, body, reading)
            if table is None:
                continue
            if table.schema.field("outcome").type != outcome_type(spec):
                reading.files += 1
                reading.wrong_type += table.num_rows
                reading.tell(one.uri, "its outcomes are of another type than the target today")
                continue
            try:
                batches = table.cast(_schema(spec)).to_batches()
                for batch in batches:
                    batch.validate(full=True)  # texts of a file may be other bytes than UTF-8
                batches = [_within(batch, start, end) for batch in batches]
            except DAMAGE:
                reading.damaged += 1
                reading.tell(one.uri, "its columns are of other types than those of outcomes")
                continue
            reading.files += 1
            for batch in batches:
                yield from _usable(one.uri, batch, reading)


def _schema(spec: ModelSpec) -> pa.Schema:
    schema = truth_schema(spec)
    return pa.schema([schema.field(name).with_nullable(True) for name in _COLUMNS])


def _files(
    files: Files, bucket: str, model: str, start: datetime, end: datetime
) -> Iterator[Listed]:
    if end <= start:
        return
    prefix = uri(bucket, f"{TRUTH}model={model}/day=")
    last = f"{end - timedelta(microseconds=1):%Y-%m-%d}"
    for found in files.listed(prefix, after=f"{prefix}{start:%Y-%m-%d}"):
        if found.uri.removeprefix(prefix).partition("/")[0] > last:
            return
        if found.uri.endswith(".parquet"):
            yield found


def _table(place: str, body: bytes | None, reading: TruthReading) -> pa.Table | None:
    if body is None:
        reading.damaged += 1
        reading.tell(place, "it was deleted while it was looked for")
        return None
    try:
        table = pq.read_table(pa.BufferReader(body), columns=list(_COLUMNS), pre_buffer=False)
        table = table.select(_COLUMNS)
    except (*DAMAGE, KeyError):
        reading.damaged += 1
        reading.tell(place, "it is no whole file of outcomes; was writing it interrupted?")
        return None
    return table


def _within(batch: pa.RecordBatch, start: datetime, end: datetime) -> pa.RecordBatch:
    """The outcomes that came in meanwhile."""
    kind = pa.timestamp("us", tz="UTC")
    received = batch.column("received_at")
    inside = pc.and_(
        pc.greater_equal(received, pa.scalar(start, kind)), pc.less(received, pa.scalar(end, kind))
    )
    return batch.filter(inside)


def _usable(place: str, batch: pa.RecordBatch, reading: TruthReading) -> Iterator[pa.RecordBatch]:
    whole = batch.filter(_complete(batch))
    if whole.num_rows < batch.num_rows:
        reading.tell(place, "it has rows that lack what an outcome must have")
    batch = whole
    ahead = pc.subtract(batch.column("observed_at"), batch.column("received_at"))
    future = pc.greater(ahead, pa.scalar(TOLERANCE, pa.duration("ms")))
    reading.future += int(pc.sum(future).as_py() or 0)
    batch = batch.filter(pc.invert(future))
    reading.rows += batch.num_rows
    if batch.num_rows:
        yield batch


def _complete(batch: pa.RecordBatch) -> pa.Array:
    """Which rows say what became of something, when, and of what."""
    prediction, entity, at, outcome, observed = (
        batch.column(name).is_valid() for name in _COLUMNS[:-1]
    )
    named = pc.or_(prediction, pc.and_(entity, at))
    return pc.and_(named, pc.and_(outcome, observed))
