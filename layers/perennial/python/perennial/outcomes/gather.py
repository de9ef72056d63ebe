"""A training file made of what was predicted and has come true since.

It looks back from now, first a day, then as much again, until there are as many rows as the spec
wants at most or nothing older is left: what is not needed is not read. Each stretch waits on the
disk; they are put together in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perennial.errors import NotCaptured, NotEnoughOutcomes
from perennial.outcomes.distrusted import distrusted
from perennial.outcomes.join import JoinCounts, Span, joined, joined_schema
from perennial.outcomes.latest import latest
from perennial.outcomes.training_file import training_schema, training_table, why_not
from perennial.registry.files import Files
from perennial.registry.layout import CAPTURES, uri
from perennial.spec import ModelSpec

_ANSWERED = ("champion", "challenger")  # a shadow was asked the same things
_FIRST = timedelta(days=1)
_GROUP = 65_536  # rows


@dataclass
class Gathered:
    """What was gathered.

    Attributes:
        rows: of the file.
        first: when its first prediction was made.
        last: when its last one was.
        distrusted: predictions with outcomes left out for the quality of the data around them.
        counts: of the joins, one for each stretch.
    """

    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    distrusted: int = 0
    counts: list[JoinCounts] = field(default_factory=list)


def gather(files: Files, bucket: str, spec: ModelSpec, now: datetime, folder: Path) -> Gathered:
    """Write the labelled predictions of a model to `training.parquet` in a folder.

    Raises:
        NotCaptured: a column that training needs is not kept of predictions.
        NotEnoughOutcomes: there are fewer rows than the spec asks for.
        Unavailable: the store does not answer.
    """
    if why := why_not(spec):
        raise NotCaptured(why)
    gathered, stretches = Gathered(), list[Path]()
    wanted = spec.retraining.maximum_rows
    for number, span in enumerate(_backwards(files, bucket, spec.name, now)):
        path = folder / f"stretch-{number}.parquet"
        rows = _stretch(files, bucket, spec, span, wanted - gathered.rows, path, gathered)
        gathered.rows += rows
        stretches += [path] if rows else []
        if gathered.rows >= wanted:
            break
    _check(spec, gathered)
    _put_together(spec, reversed(stretches), folder / "training.parquet")
    return gathered


def _backwards(files: Files, bucket: str, model: str, now: datetime) -> Iterator[Span]:
    """Stretches of time from now on backwards, each as long as all before it."""
    oldest = _oldest(files, bucket, model)
    end, length = now, _FIRST
    while oldest is not None and end > oldest:
        yield Span(max(end - length, oldest), end)
        end, length = end - length, now - (end - length)


def _oldest(files: Files, bucket: str, model: str) -> datetime | None:
    """The first hour of which there are predictions."""
    found = []
    prefix = uri(bucket, f"{CAPTURES}model={model}/")
    for folder in files.folders(prefix):
        first = next(files.listed(f"{folder}hour="), None)
        if first is not None:
            hour = first.uri.removeprefix(f"{folder}hour=").partition("/")[0]
            found.append(datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC))
    return min(found, default=None)


def _stretch(
    files: Files,
    bucket: str,
    spec: ModelSpec,
    span: Span,
    limit: int,
    path: Path,
    gathered: Gathered,
) -> int:
    """Leave the latest rows of one stretch at `path`; how many."""
    counts, bad = JoinCounts(), distrusted(files, bucket, spec.name, span)
    gathered.counts.append(counts)
    rows = joined(files, bucket, spec, span, features=None, roles=_ANSWERED, counts=counts)
    table = latest(_trusted(rows, bad, gathered), joined_schema(spec, None), limit)
    if table.num_rows:
        pq.write_table(training_table(spec, table), path)
        edges = pc.min_max(table["predicted_at"]).as_py()
        gathered.first, gathered.last = edges["min"], gathered.last or edges["max"]
    return int(table.num_rows)


def _trusted(
    batches: Iterator[pa.RecordBatch], bad: list[Span], gathered: Gathered
) -> Iterator[pa.RecordBatch]:
    """Rows outside of the windows that are not to be learned from."""
    edges = [(_ticks(one.start), _ticks(one.end)) for one in bad]
    for batch in batches:
        when = batch.column("predicted_at").cast(pa.int64()).to_numpy()
        inside = np.zeros(len(when), np.bool_)
        for start, end in edges:
            inside |= (when >= start) & (when < end)
        gathered.distrusted += int(inside.sum())
        yield batch.filter(pa.array(~inside)) if inside.any() else batch


def _check(spec: ModelSpec, gathered: Gathered) -> None:
    least = spec.retraining.minimum_rows
    if gathered.rows >= least:
        return
    told = (
        f"{gathered.rows:,} predictions have an outcome; retraining.minimum_rows asks for {least:,}"
    )
    if gathered.distrusted:
        told += f"; {gathered.distrusted:,} more lie where the quality of the data was bad"
    raise NotEnoughOutcomes(told)


def _put_together(spec: ModelSpec, stretches: Iterator[Path], path: Path) -> None:
    schema = training_schema(spec)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for stretch in stretches:
            for batch in pq.ParquetFile(stretch).iter_batches(_GROUP):
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))


def _ticks(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
