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
                reading.wrong_type += table.num_rows
                reading.tell(one.uri, "its outcomes are of another type than the target today")
                continue
            for batch in table.cast(_schema(spec)).to_batches():
                yield from _usable(batch, start, end, reading)


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
    reading.files += 1
    return table


def _usable(
    batch: pa.RecordBatch, start: datetime, end: datetime, reading: TruthReading
) -> Iterator[pa.RecordBatch]:
    kind = pa.timestamp("us", tz="UTC")
    received = batch.column("received_at")
    inside = pc.and_(
        pc.greater_equal(received, pa.scalar(start, kind)), pc.less(received, pa.scalar(end, kind))
    )
    batch = batch.filter(inside)
    ahead = pc.subtract(batch.column("observed_at"), batch.column("received_at"))
    future = pc.greater(ahead, pa.scalar(TOLERANCE, pa.duration("ms")))
    reading.future += int(pc.sum(future).as_py() or 0)
    batch = batch.filter(pc.invert(future))
    reading.rows += batch.num_rows
    if batch.num_rows:
        yield batch
