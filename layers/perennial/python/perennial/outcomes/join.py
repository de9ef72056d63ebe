"""Predictions joined to what came true of them, over a stretch of time, as a stream.

The outcomes are held in memory as numbers (33 bytes for each prediction that has one); the
predictions stream by in the order of their hours. Outcomes that name an entity need to look at
the predictions twice: first to find which of them are meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.capture.layout import reading_schema
from perennial.capture.reading import LeftOut, Reading, captured
from perennial.outcomes.columns import MOMENT, outcome_type
from perennial.outcomes.entities import Entities
from perennial.outcomes.index import Index, hashes
from perennial.outcomes.truth import TruthReading, truth
from perennial.registry.files import Files
from perennial.spec import ModelSpec, Task
from perennial.spec.duration import seconds

COLUMNS = ("version", "role", "rollout_id", "entity_id", "prediction", "probabilities")
_BEFORE = ("entity_id",)
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, UTC: from `start` until before `end`."""

    start: datetime
    end: datetime


@dataclass
class JoinCounts:
    """What was met; complete once the batches have been gone through.

    Attributes:
        predictions: that were looked at, answers of a shadow among them.
        joined: of them, with an outcome.
        outcomes: that came in.
        matched: predictions with an outcome, each once however many versions answered it.
        late: outcomes that came in longer after their prediction than the spec waits.
        orphans: outcomes whose prediction is not there and, if it had been captured, would be.
        elsewhere: outcomes whose prediction is not there and may lie outside of the span.
        conflicts: predictions with outcomes that differ and have both times in common; left out.
        corrections: predictions whose outcome was replaced by another one.
        repeated: outcomes that said again what was known, or were replaced.
        wrong_type: outcomes of another type than the spec has today; left out.
        future: outcomes observed after they came in; left out.
        damaged: files that could not be read.
        left_out: the first of them, each with its reason.
    """

    predictions: int = 0
    joined: int = 0
    outcomes: int = 0
    matched: int = 0
    late: int = 0
    orphans: int = 0
    elsewhere: int = 0
    conflicts: int = 0
    corrections: int = 0
    repeated: int = 0
    wrong_type: int = 0
    future: int = 0
    damaged: int = 0
    left_out: list[LeftOut] = field(default_factory=list)


def joined_schema(spec: ModelSpec, features: Collection[str] | None = ()) -> pa.Schema:
    """The columns of joined predictions.

    Args:
        spec: of the model.
        features: the fields wanted of `features`; None for all that are kept.
    """
    return pa.schema(
        [
            *reading_schema(spec, _columns(features), features),
            pa.field("outcome", outcome_type(spec)),
            pa.field("observed_at", MOMENT),
            pa.field("received_at", MOMENT),
        ]
    )


def joined(
    files: Files,
    bucket: str,
    spec: ModelSpec,
    predicted: Span,
    *,
    arrived: Span | None = None,
    features: Collection[str] | None = (),
    versions: Collection[int] | None = None,
    roles: Collection[str] | None = None,
    counts: JoinCounts | None = None,
) -> Iterator[pa.RecordBatch]:
    """The predictions of a span that have an outcome, with it, hour by hour.

    Each answer once, so that a prediction that a shadow answered as well is there twice, by
    version and role. Batches have `joined_schema(spec, features)`.

    Args:
        files: the store.
        bucket: the data bucket.
        spec: of the model; says how late an outcome may be.
        predicted: when the predictions were made.
        arrived: when the outcomes came in; None for all that may belong to them.
        features: the fields wanted of `features`; None for all that are kept.
        versions: only answers of these; None for all.
        roles: only answers given in these; None for all.
        counts: is told what was met.

    Raises:
        Unavailable: the store does not answer.
    """
    window = timedelta(seconds=seconds(spec.outcomes.window))
    arrived = arrived or Span(predicted.start, predicted.end + window)
    told = JoinCounts() if counts is None else counts
    join = _Join(files, bucket, spec, predicted, window, told, versions is not None)
    index = join.index(arrived)
    yield from join.answers(index, features, versions, roles)
    join.conclude(index)


@dataclass
class _Join:
    files: Files
    bucket: str
    spec: ModelSpec
    predicted: Span
    window: timedelta
    counts: JoinCounts
    some: bool  # not all versions are looked at, so that others may have made a prediction
    found: _Mask = field(default_factory=lambda: np.zeros(0, np.bool_))
    late: _Mask = field(default_factory=lambda: np.zeros(0, np.bool_))

    def index(self, arrived: Span) -> Index:
        """The last words of all outcomes that came in."""
        reading, index = TruthReading(), Index(numbers=self.spec.task is Task.REGRESSION)
        entities = Entities()
        for batch in truth(self.files, self.bucket, self.spec, arrived.start, arrived.end, reading):
            _take(batch, index, entities)
        if entities:
            rows, unknown = entities.resolved(self._read(_BEFORE, (), None, Reading()))
            index.add_rows(rows)
            self._missing(unknown)
        self.counts.outcomes = reading.rows
        self.counts.wrong_type, self.counts.future = reading.wrong_type, reading.future
        self._tell(reading)
        self.found = np.zeros(len(index.rows()), np.bool_)
        self.late = np.zeros(len(index.rows()), np.bool_)
        return index

    def answers(
        self,
        index: Index,
        features: Collection[str] | None,
        versions: Collection[int] | None,
        roles: Collection[str] | None,
    ) -> Iterator[pa.RecordBatch]:
        """Predictions with their outcomes."""
        reading = Reading()
        for batch in self._read(_columns(features), features, versions, reading):
            places, known = index.places(hashes(batch.column("prediction_id")))
            self.found[places[known]] = True
            usable = known & self._in_time(batch, index, places, known)
            if roles is not None:
                wanted = pc.is_in(batch.column("role"), pa.array(sorted(roles), pa.string()))
                usable &= wanted.to_numpy(zero_copy_only=False)
            if usable.any():
                self.counts.joined += int(usable.sum())
                yield _with_outcomes(batch, index, places, usable)
        self.counts.predictions = reading.rows
        self._tell(reading)

    def conclude(self, index: Index) -> None:
        """Count what was said about the outcomes as a whole."""
        counts, rows = self.counts, index.rows()
        counts.matched = int((self.found & ~self.late & ~index.conflicts).sum())
        counts.late = int(self.late.sum())
        counts.conflicts = int(index.conflicts.sum())
        counts.corrections = int(index.corrected.sum())
        counts.repeated = index.added - len(rows)
        self._missing(rows.received[~self.found])

    def _missing(self, received: npt.NDArray[np.int64]) -> None:
        """Count outcomes without a prediction, by when they came in."""
        since = _ticks(self.predicted.start + self.window)
        orphans = 0 if self.some else int((received >= since).sum())
        self.counts.orphans += orphans
        self.counts.elsewhere += len(received) - orphans

    def _in_time(
        self, batch: pa.RecordBatch, index: Index, places: npt.NDArray[np.intp], known: _Mask
    ) -> _Mask:
        """Which predictions have an outcome that came in time and is not in conflict."""
        rows = index.rows()
        if not len(rows):
            return known
        predicted = batch.column("predicted_at").cast(pa.int64()).to_numpy()
        waited = rows.received[places] - predicted
        late = known & (waited > self.window // timedelta(milliseconds=1))
        self.late[places[late]] = True
        in_time: _Mask = ~late & ~index.in_conflict(places)
        return in_time

    def _read(
        self,
        columns: Collection[str],
        features: Collection[str] | None,
        versions: Collection[int] | None,
        reading: Reading,
    ) -> Iterator[pa.RecordBatch]:
        span = self.predicted
        return captured(
            self.files,
            self.bucket,
            self.spec,
            span.start,
            span.end,
            columns=columns,
            features=features,
            versions=versions,
            reading=reading,
        )

    def _tell(self, reading: Reading) -> None:
        self.counts.damaged += reading.damaged
        self.counts.left_out += reading.left_out


def _columns(features: Collection[str] | None) -> tuple[str, ...]:
    wanted = features is None or len(features) > 0
    return (*COLUMNS, "features") if wanted else COLUMNS


def _take(batch: pa.RecordBatch, index: Index, entities: Entities) -> None:
    named = batch.filter(batch.column("prediction_id").is_valid())
    if named.num_rows:
        index.add(
            hashes(named.column("prediction_id")),
            named.column("observed_at"),
            named.column("received_at"),
            named.column("outcome"),
        )
    other = batch.filter(batch.column("prediction_id").is_null())
    if other.num_rows:
        at, observed, received = (
            other.column(name).cast(pa.int64()).to_numpy()
            for name in ("predicted_at", "observed_at", "received_at")
        )
        values = index.encoded(other.column("outcome"))
        entities.add(other.column("entity_id"), at, observed, received, values)


def _with_outcomes(
    batch: pa.RecordBatch, index: Index, places: npt.NDArray[np.intp], usable: _Mask
) -> pa.RecordBatch:
    rows = index.rows().take(places[usable])
    kept = batch.filter(pa.array(usable))
    columns = {
        "outcome": index.decoded(rows.values),
        "observed_at": pa.array(rows.observed).cast(MOMENT),
        "received_at": pa.array(rows.received).cast(MOMENT),
    }
    arrays, names = [*kept.columns, *columns.values()], [*kept.schema.names, *columns]
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _ticks(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
