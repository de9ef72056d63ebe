"""Our side: profiles as validation makes them, a window as the monitor gathers it, the verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from perennial.data.category_profiler import CategoryProfiler
from perennial.data.number_profiler import NumberProfiler
from perennial.data.profile import CategoryProfile, NumberProfile, Profile
from perennial.data.row_sample import RowSample, numbered
from perennial.evaluation.predictions import PredictionProfile, Said
from perennial.monitoring.drift import judge_drift
from perennial.monitoring.quality import judge_quality
from perennial.monitoring.record import State
from perennial.monitoring.reference import Reference
from perennial.monitoring.window import DataWindow
from perennial.spec.monitoring import Drift, Quality

from benchmarks.drift.columns import NUMBERS, Columns

Floats = npt.NDArray[np.float64]
BATCH = 65_536


@dataclass(frozen=True, slots=True)
class Told:
    """What a report said: which features drifted, and whether each check alarmed."""

    drifted: tuple[str, ...]
    alarms: tuple[str, ...]


def reference_of(columns: Columns) -> Reference:
    """Profiles of the features and of a prediction, and a sample of the rows."""
    table = pa.table(dict(columns))
    sample = RowSample()
    sample.add(table, numbered(0, table.num_rows))
    features = {name: _profile(name, values) for name, values in columns.items()}
    predictions = PredictionProfile(
        said=Said.ESTIMATE, column=_numbers(predicted(columns).astype(np.float64))
    )
    return Reference(features, predictions=predictions, sample=sample.table())


def predicted(columns: Columns) -> Floats:
    """What a model might say of the rows."""
    score = columns["normal_0"] + 0.5 * columns["count_0"] - columns["heavy_0"]
    found: Floats = 1 / (1 + np.exp(-score.astype(float)))
    return found


def batches(columns: Columns) -> list[pa.RecordBatch]:
    """The rows as captures hold them."""
    fields = pa.StructArray.from_arrays(
        [pa.array(values) for values in columns.values()], names=list(columns)
    )
    table = pa.table({"features": fields, "prediction": predicted(columns)})
    found: list[pa.RecordBatch] = table.to_batches(BATCH)
    return found


def told(reference: Reference, columns: Columns, *, multivariate: bool = True) -> Told:
    """One whole report at the spec's defaults.

    Without the multivariate check, which takes the longest, the others share what is theirs with
    it: what they find is the same.
    """
    window = DataWindow(reference)
    for batch in batches(columns):
        window.add(batch)
    tests = len(columns) + 2
    level = Drift().false_alarms * (1.0 if multivariate else (tests - 1) / tests)
    spec = Drift(multivariate=multivariate, false_alarms=level)
    drift = judge_drift(window, spec)
    quality = judge_quality(window, Quality(), spec.false_alarms)
    verdicts = {**drift.verdicts, "quality": quality.verdict}
    alarms = tuple(name for name, found in verdicts.items() if found.state is State.ALARM)
    return Told(tuple(one.name for one in drift.features if one.drifted), alarms)


def profile_of(columns: Columns) -> Profile:
    """The profile of a dataset, the first column as its target."""
    features = {name: _profile(name, values) for name, values in columns.items()}
    rows = len(next(iter(columns.values())))
    return Profile(rows=rows, features=features, target=features["normal_0"])


def _profile(name: str, values: npt.NDArray[Any]) -> NumberProfile | CategoryProfile:
    if name in NUMBERS:
        return _numbers(values.astype(np.float64))
    coded = pa.array(values).dictionary_encode()
    profiler = CategoryProfiler()
    profiler.add(coded.indices.to_numpy())
    return profiler.profile(coded.dictionary.to_pylist())


def _numbers(values: Floats) -> NumberProfile:
    profiler = NumberProfiler()
    profiler.add(np.ascontiguousarray(values), 0)
    return profiler.profile(values[:: max(1, len(values) // 40_000)])
