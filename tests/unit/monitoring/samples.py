"""Windows and references made of arrays, for the tests of drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from perennial.data.category_profiler import CategoryProfiler
from perennial.data.number_profiler import NumberProfiler
from perennial.data.profile import CategoryProfile, ColumnProfile, NumberProfile
from perennial.data.row_sample import RowSample, numbered
from perennial.evaluation.predictions import PredictionProfile, Said
from perennial.monitoring.record import Moved
from perennial.monitoring.reference import Reference
from perennial.monitoring.window import DataWindow

Floats = npt.NDArray[np.float64]
Column: TypeAlias = Sequence[object] | npt.NDArray[Any] | pa.Array


def numbers(values: Column) -> NumberProfile:
    given = np.array([np.nan if one is None else one for one in list(values)], np.float64)
    known = given[np.isfinite(given)]
    profiler = NumberProfiler()
    profiler.add(known, len(given) - len(known))
    return profiler.profile(known)


def labels(values: Column) -> CategoryProfile:
    known = [one for one in list(values) if one is not None]
    texts = sorted({str(one) for one in known})
    places = {text: place for place, text in enumerate(texts)}
    codes = [-1 if one is None else places[str(one)] for one in list(values)]
    profiler = CategoryProfiler()
    profiler.add(np.array(codes, np.int32))
    return profiler.profile(texts)


def reference(columns: Mapping[str, Column], predictions: Column | None = None) -> Reference:
    """The reference of training data: texts become labels, all else numbers."""
    features: dict[str, ColumnProfile] = {
        name: labels(values) if _is_text(values) else numbers(values)
        for name, values in columns.items()
    }
    table = pa.table({name: _array(values) for name, values in columns.items()})
    sample = RowSample()
    sample.add(table, numbered(0, table.num_rows))
    said = None
    if predictions is not None:
        said = PredictionProfile(said=Said.ESTIMATE, column=numbers(predictions))
    return Reference(features, predictions=said, sample=sample.table())


def batch(columns: Mapping[str, Column], predictions: Column | None = None) -> pa.RecordBatch:
    """A batch of captures."""
    arrays = [_array(values) for values in columns.values()]
    found = {"features": pa.StructArray.from_arrays(arrays, names=list(columns))}
    rows = len(arrays[0]) if arrays else 0
    found["prediction_id"] = pa.array([f"request-{n}-0" for n in range(rows)], pa.string())
    if predictions is not None:
        found["prediction"] = _array(predictions)
    return pa.RecordBatch.from_pydict(found)


def window(
    held: Reference, columns: Mapping[str, Column], predictions: Column | None = None
) -> DataWindow:
    """A window of one batch."""
    found = DataWindow(held)
    found.add(batch(columns, predictions))
    return found


def feature(found: Sequence[Moved], name: str) -> Moved:
    """What was found of one feature."""
    return next(one for one in found if one.name == name)


def _is_text(values: Column) -> bool:
    return any(isinstance(one, str) for one in list(values)[:50])


def _array(values: Column) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values)
