"""What a window of captured predictions holds, gathered batch by batch in flat memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.duplicates import Hashes, mix
from perennial.data.profile import ColumnProfile, NumberProfile
from perennial.data.row_sample import RowSample, numbered
from perennial.data.text_hashes import text_hashes
from perennial.evaluation.predictions import PredictionProfile, Said
from perennial.monitoring.labels import LabelReference, LabelWindow
from perennial.monitoring.numbers import NumberReference, NumberWindow
from perennial.monitoring.reference import Reference

ColumnWindow = NumberWindow | LabelWindow
Kind = TypeVar("Kind", NumberWindow, LabelWindow)
SAMPLED_ROWS = 10_000  # at most, for the check of all features together


@dataclass(slots=True)
class DataWindow:
    """Counts of every feature and of the predictions, and a sample of the rows."""

    reference: Reference
    rows: int = 0
    features: dict[str, ColumnWindow] = field(init=False)
    predictions: ColumnWindow | None = field(init=False)
    sample: RowSample = field(default_factory=lambda: RowSample(SAMPLED_ROWS))

    def __post_init__(self) -> None:
        self.features = {
            name: _window_of(profile) for name, profile in self.reference.features.items()
        }
        known = self.reference.predictions
        self.predictions = None if known is None else _window_of(known.column)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take captured predictions: `features`, and where they are there what was answered.

        Columns beside these are not looked at; features the reference does not know neither.
        """
        given = _fields(batch)
        for name, window in self.features.items():
            if name in given:
                window.add(_length(given[name]) if name in self.reference.texts else given[name])
            else:
                window.absent(batch.num_rows)
        if self.predictions is not None and self.reference.predictions is not None:
            answers = _answers(batch, self.reference.predictions)
            if answers is None:
                self.predictions.absent(batch.num_rows)
            else:
                self.predictions.add(answers)
        self._take_sample(batch, given)
        self.rows += batch.num_rows

    def merge(self, other: DataWindow) -> None:
        """Take what a window of other rows and the same reference holds."""
        for name, mine in self.features.items():
            _merge(mine, other.features[name])
        if self.predictions is not None and other.predictions is not None:
            _merge(self.predictions, other.predictions)
        self.sample.merge(other.sample)
        self.rows += other.rows

    def _take_sample(self, batch: pa.RecordBatch, given: dict[str, pa.Array]) -> None:
        held = self.reference.sample
        if held is None:
            return
        names = [name for name in self.features if name in given and name in held.column_names]
        if not names or not batch.num_rows:
            return
        # By their ids, so that the order in which they were read does not matter.
        ids = batch.column("prediction_id") if "prediction_id" in batch.schema.names else None
        keys = numbered(self.rows, batch.num_rows) if ids is None else _keys(ids)
        self.sample.add(pa.table({name: given[name] for name in names}), keys)


def _length(column: pa.Array) -> pa.Array:
    """Characters of texts; what is none stays as it is, and does not fit."""
    return pc.utf8_length(column) if pa.types.is_string(column.type) else column


def _keys(ids: pa.Array) -> Hashes:
    keys = text_hashes(ids)
    mix(keys, np.zeros(len(keys), np.uint64), np.empty_like(keys))  # the last letters spread too
    return keys


def _window_of(profile: ColumnProfile) -> ColumnWindow:
    if isinstance(profile, NumberProfile):
        return NumberWindow(NumberReference.of(profile))
    return LabelWindow(LabelReference.of(profile))


def _merge(mine: ColumnWindow, other: ColumnWindow) -> None:
    if isinstance(mine, NumberWindow):
        mine.merge(_same(other, NumberWindow))
    else:
        mine.merge(_same(other, LabelWindow))


def _same(window: ColumnWindow, kind: type[Kind]) -> Kind:
    if not isinstance(window, kind):
        raise TypeError("windows of different references cannot be merged")
    return window


def _fields(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """The features by name; empty where the batch has none."""
    if "features" not in batch.schema.names:
        return {}
    features = batch.column("features")
    if not pa.types.is_struct(features.type):
        return {}
    names = [field.name for field in features.type]
    return dict(zip(names, features.flatten(), strict=True))


def _answers(batch: pa.RecordBatch, known: PredictionProfile) -> pa.Array | None:
    """The part of the answers that the profile is of; None where the batch has none."""
    wanted = "probabilities" if known.said is Said.PROBABILITY else "prediction"
    if wanted not in batch.schema.names:
        return None
    column = batch.column(wanted)
    if known.said is not Said.PROBABILITY:
        return column
    return _probability(column, known.positive or "") if pa.types.is_map(column.type) else None


def _probability(column: pa.Array, label: str) -> pa.Array:
    """Of each row the probability of a label; null where it has none."""
    offsets = column.offsets.to_numpy()
    keys = column.keys.slice(offsets[0], offsets[-1] - offsets[0])
    items = column.items.slice(offsets[0], offsets[-1] - offsets[0])
    places = np.flatnonzero(pc.equal(keys, label).to_numpy(zero_copy_only=False))
    rows = np.searchsorted(offsets[1:] - offsets[0], places, side="right")
    found = np.full(len(column), np.nan)
    found[rows] = items.take(pa.array(places)).to_numpy(zero_copy_only=False)
    return pa.array(found, from_pandas=True)
