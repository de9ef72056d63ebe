"""Predictions whose truth has become known: some of them kept, and read as an evaluation does."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.evaluation.measure import Floats, Integers
from perennial.evaluation.measures import Outcome
from perennial.evaluation.outcomes import Scored, Truth, outcome
from perennial.spec import ModelSpec, Task


@dataclass(slots=True)
class Kept:
    """Some rows of a stream: all of them up to a limit, then every second, fourth, and so on.

    So they are spread evenly over what came, and the same stream keeps the same rows.
    """

    limit: int
    stride: int = 1
    seen: int = 0
    _parts: list[pa.Table] = field(default_factory=list)
    _rows: int = 0

    def add(self, rows: pa.Table) -> None:
        """Take rows in: the same columns each time."""
        chosen = np.arange(-self.seen % self.stride, rows.num_rows, self.stride)
        self.seen += rows.num_rows
        if len(chosen):
            self._parts.append(rows.take(chosen))
            self._rows += len(chosen)
        while self._rows > self.limit:
            halved = self.table()
            self._parts = [halved.take(np.arange(0, halved.num_rows, 2))]
            self._rows = self._parts[0].num_rows
            self.stride *= 2

    def table(self) -> pa.Table:
        """The rows that were kept; there is at least one.

        Raises:
            LookupError: there is none.
        """
        if not self._parts:
            raise LookupError("no rows were kept")
        return pa.concat_tables(self._parts).combine_chunks()


def usable(spec: ModelSpec, rows: pa.Table) -> pa.Table:
    """The rows with a truth and with the answer a metric needs.

    A version that was trained when another class was the positive one gave none for today's.
    """
    said = "prediction" if spec.task is Task.REGRESSION else "probabilities"
    fit = rows.filter(pc.and_(pc.is_valid(rows["outcome"]), pc.is_valid(rows[said])))
    if spec.task is not Task.BINARY or not fit.num_rows:
        return fit
    positive = pc.map_lookup(fit[said].combine_chunks(), pa.scalar(spec.positive_class), "first")
    return fit.filter(pc.is_valid(positive))


def times_of(rows: pa.Table) -> Integers:
    """When each prediction was made, in milliseconds since the epoch: [rows]."""
    moments = rows["predicted_at"].cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
    return np.asarray(moments.to_numpy())


def outcome_of(spec: ModelSpec, rows: pa.Table, threshold: float | None) -> Outcome:
    """What was true and what was said at the time.

    Args:
        spec: of the model.
        rows: usable ones; `outcome`, and `prediction` or `probabilities` as they were captured.
        threshold: from which probability on the version calls a row positive (binary).

    Raises:
        ValueError: the version did not predict what the spec asks for.
    """
    every = np.ones(rows.num_rows, dtype=np.bool_)
    return outcome(spec, truth_of(spec, rows), said(spec, rows, threshold), every)


def truth_of(spec: ModelSpec, rows: pa.Table) -> Truth:
    """What came true of the rows: numbers, or names with a code for each row."""
    if spec.task is Task.REGRESSION:
        return Truth(numbers=_numbers(rows["outcome"]))
    labels = rows["outcome"].cast(pa.string()).combine_chunks().dictionary_encode()
    codes = labels.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Truth(names=tuple(labels.dictionary.to_pylist()), codes=codes)


def said(spec: ModelSpec, rows: pa.Table, threshold: float | None) -> Scored:
    """The answers of the rows, in the form of an evaluation."""
    every = np.ones(rows.num_rows, dtype=np.bool_)
    if spec.task is Task.REGRESSION:
        return Scored(_numbers(rows["prediction"])[:, None], every, None, None)
    answers = rows["probabilities"].combine_chunks()
    labels = tuple(sorted(pc.unique(answers.keys).to_pylist()))
    columns = [_numbers(pc.map_lookup(answers, pa.scalar(name), "first")) for name in labels]
    values = np.nan_to_num(np.column_stack(columns))
    return Scored(values, every, labels, threshold, _as_decided(spec, rows))


def _as_decided(spec: ModelSpec, rows: pa.Table) -> Floats | None:
    """Thresholds that call each row what it was called: a version may have one for each group.

    Which group a row is of need not have been captured; None where the labels were not either.
    """
    if spec.task is not Task.BINARY or "prediction" not in rows.column_names:
        return None
    called = pc.equal(rows["prediction"].cast(pa.string()), pa.scalar(spec.positive_class))
    positive = np.asarray(called.fill_null(False).to_numpy(zero_copy_only=False), np.bool_)
    return np.where(positive, -np.inf, np.inf)


def features_of(rows: pa.Table) -> pa.RecordBatch:
    """The captured features of the rows, a column each."""
    fields = rows["features"].combine_chunks()
    names = [field.name for field in fields.type]
    return pa.record_batch([pc.struct_field(fields, [name]) for name in names], names)


def _numbers(column: pa.Array | pa.ChunkedArray) -> Floats:
    numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(numbers, dtype=np.float64)
