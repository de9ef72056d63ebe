"""Which columns a captured prediction has, and how a value gets into them.

The form follows from the spec alone, so that all files of a model fit together: versions differ
in what they answer and not in how it is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from perennial.errors import UnreadableCapture
from perennial.spec import FeatureType, ModelSpec, Task

Converter = Callable[[object], object]
_TYPES: dict[FeatureType, pa.DataType] = {
    FeatureType.NUMBER: pa.float64(),
    FeatureType.INTEGER: pa.int64(),
    FeatureType.CATEGORY: pa.string(),
    FeatureType.BOOLEAN: pa.bool_(),
    FeatureType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    FeatureType.TEXT: pa.string(),
}
PROBABILITIES = pa.map_(pa.string(), pa.float64())


def stored_features(spec: ModelSpec) -> list[str]:
    """The features that are kept, in the order of the spec."""
    hidden = {*spec.sensitive, *spec.capture.exclude}
    return [name for name in spec.features if name not in hidden]


def features_type(spec: ModelSpec) -> pa.StructType:
    """The type of the column `features`: a field for each feature that is kept."""
    return pa.struct(
        [pa.field(name, _TYPES[spec.features[name].type]) for name in stored_features(spec)]
    )


def schema_of(spec: ModelSpec) -> pa.Schema:
    """The columns of a model's captured predictions, a row for each prediction.

    `features` is left out where nothing of it is kept: Parquet has no struct without fields.
    """
    answer = pa.float64() if spec.task is Task.REGRESSION else pa.string()
    features = features_type(spec)
    return pa.schema(
        [
            pa.field("prediction_id", pa.string(), nullable=False),
            pa.field("request_id", pa.string(), nullable=False),
            pa.field("row", pa.int32(), nullable=False),
            pa.field("request_rows", pa.int32(), nullable=False),
            pa.field("predicted_at", pa.timestamp("ms", tz="UTC"), nullable=False),
            pa.field("latency_ms", pa.float64(), nullable=False),
            pa.field("protocol", pa.string(), nullable=False),
            pa.field("artifact_digest", pa.string(), nullable=False),
            pa.field("entity_id", pa.string()),
            pa.field("role", pa.string(), nullable=False),
            pa.field("rollout_id", pa.string()),
            pa.field("prediction", answer),
            pa.field("probabilities", PROBABILITIES),
            *([pa.field("features", features)] if features.num_fields else []),
        ]
    )


def converted(values: Sequence[object], kind: FeatureType, column: str) -> list[object]:
    """The values of a column as Arrow takes them; None stays None.

    Raises:
        UnreadableCapture: a value is of another type, as after a change of the spec.
    """
    convert = _CONVERTERS[kind]
    try:
        return [None if value is None else convert(value) for value in values]
    except (TypeError, ValueError):
        raise UnreadableCapture(f"a value of {column} is no {kind.value}") from None


def as_text(value: object) -> str:
    """A label as text, whatever JSON type carried it; half a surrogate pair becomes `?`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int)):
        raise TypeError("not a label")
    return str(value).encode("utf-8", "replace").decode()


def as_number(value: object) -> float:
    """A number as a double; one that is too large for it becomes infinite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("not a number")
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _integer(value: object) -> int:
    whole = int(as_number(value)) if isinstance(value, float) else value
    if isinstance(whole, bool) or not isinstance(whole, int) or not -(2**63) <= whole < 2**63:
        raise TypeError("not an integer of 64 bits")
    return whole


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a truth value")
    return value


def _timestamp(value: object) -> datetime:
    if not isinstance(value, str):
        raise TypeError("not a timestamp")
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_CONVERTERS: dict[FeatureType, Converter] = {
    FeatureType.NUMBER: as_number,
    FeatureType.INTEGER: _integer,
    FeatureType.CATEGORY: as_text,
    FeatureType.BOOLEAN: _boolean,
    FeatureType.TIMESTAMP: _timestamp,
    FeatureType.TEXT: as_text,
}
