"""Checks the rows of a table against a model's features, column by column, and encodes them.

What the endpoint would refuse is refused here, with the same words, row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.columns import ColumnType
from perennial.data.conversion import Converted, convert
from perennial.data.problems import ProblemKind
from perennial.features.by_column import Values
from perennial.features.codec import LARGEST_FLOAT32
from perennial.features.columnar import Matrix, assembled, encode_column, most_rows, read_column
from perennial.features.encoder import Encoder
from perennial.features.schema import CATEGORY, REJECT, TEXT, TIMESTAMP, FeatureSchema

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_WRONG = {
    "number": "must be a number",
    "integer": "must be an integer",
    "boolean": "must be true or false",
    "category": "must be text",
    "timestamp": "must be an ISO 8601 timestamp",
    "text": "must be text",
}
_MISFITS = {
    ProblemKind.NOT_AN_INTEGER: "must be a whole, finite number",
    ProblemKind.NOT_FINITE: "must be a finite number",
    ProblemKind.TOO_LARGE: "must be an integer of at most 53 bits",
}
_NULL = "must not be null"
_UNSEEN = "must be one of the categories the model knows"


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows whose value of one feature does not fit, and why, without the value."""

    feature: str  # empty where it is the whole row
    reason: str
    rows: Mask


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows that were looked at, and what is wrong with some of them.

    Attributes:
        rows: how many.
        encoder: of the model.
        read: codes of the features [rows, features], or, where columns are made of them, what
            those are made of, feature by feature: all columns at once may be too many.
        faults: what is wrong.
    """

    rows: int
    encoder: Encoder
    read: Matrix | Sequence[Values]
    faults: Sequence[Fault]

    def codes(self, chosen: slice | Numbers) -> Matrix:
        """What the model sees of some of the rows, row-major."""
        if isinstance(self.read, np.ndarray):
            return np.ascontiguousarray(self.read[chosen])
        rows = np.arange(self.rows)[chosen]
        some = (
            one.take(pa.array(rows)) if isinstance(one, pa.Array) else one[chosen]
            for one in self.read
        )
        return assembled(some, self.encoder, len(rows))

    @property
    def refused(self) -> Mask | None:
        """Which rows do not fit; None when all do."""
        if not self.faults:
            return None
        refused = np.zeros(self.rows, np.bool_)
        for fault in self.faults:
            refused |= fault.rows
        return refused

    def without(self, rows: Mask, reason: str) -> Checked:
        """The same with another reason to refuse some rows, if there are any."""
        if not rows.any():
            return self
        return replace(self, faults=[*self.faults, Fault("", reason, rows)])


def check(table: pa.Table, encoder: Encoder) -> Checked:
    """Check and encode a table that has a column for every feature."""
    faults: list[Fault] = []
    read = (_read(table, feature, faults) for feature in encoder.features)
    if most_rows(encoder) is not None:
        return Checked(table.num_rows, encoder, [*read], faults)
    return Checked(table.num_rows, encoder, assembled(read, encoder, table.num_rows), faults)


def _read(table: pa.Table, feature: FeatureSchema, faults: list[Fault]) -> Values:
    column = _whole(table.column(feature.name))
    return _encoded(convert(column, ColumnType(feature.type)), feature, faults)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _encoded(converted: Converted, feature: FeatureSchema, faults: list[Fault]) -> Values:
    values = converted.values
    misfits = [*_misfits(converted, feature)]
    faults += misfits
    if not feature.nullable and values.null_count:
        missing = _mask(values.is_null())
        for misfit in misfits:
            missing &= ~misfit.rows
        faults += _fault(feature, _NULL, missing)
    if feature.type == CATEGORY:
        return _category(values, feature, faults)
    if feature.type in (TIMESTAMP, TEXT):
        return read_column(values, feature)
    return _number(values, feature, faults)


def _misfits(converted: Converted, feature: FeatureSchema) -> Iterator[Fault]:
    for kind, rows in converted.misfits:
        reason = _MISFITS.get(kind, _WRONG[feature.type])
        yield from _fault(feature, reason, _mask(rows))


def _category(values: pa.Array, feature: FeatureSchema, faults: list[Fault]) -> Matrix:
    codes = encode_column(values, feature)
    if feature.unseen == REJECT and np.isnan(codes).any():
        faults += _fault(feature, _UNSEEN, np.isnan(codes) & _mask(values.is_valid()))
    return codes  # type: ignore[return-value]


def _number(values: pa.Array, feature: FeatureSchema, faults: list[Fault]) -> Floats:
    """Codes of numbers, integers and booleans; only where some value is unusual, a second look."""
    floats = _floats(values)
    low = -LARGEST_FLOAT32 if feature.minimum is None else feature.minimum
    high = LARGEST_FLOAT32 if feature.maximum is None else feature.maximum
    if len(floats) and not values.null_count:
        smallest, largest = floats.min(), floats.max()  # NaN if there is one, and then not within
        if max(low, -LARGEST_FLOAT32) <= smallest and largest <= min(high, LARGEST_FLOAT32):
            return floats
    valid = _mask(values.is_valid())
    faults += _fault(feature, _MISFITS[ProblemKind.NOT_FINITE], valid & ~np.isfinite(floats))
    with np.errstate(invalid="ignore"):
        if feature.minimum is not None:
            reason = f"must be at least {feature.minimum:.15g}"
            faults += _fault(feature, reason, floats < feature.minimum)
        if feature.maximum is not None:
            reason = f"must be at most {feature.maximum:.15g}"
            faults += _fault(feature, reason, floats > feature.maximum)
    clipped: Floats = np.clip(floats, -LARGEST_FLOAT32, LARGEST_FLOAT32)
    return clipped


def _floats(values: pa.Array) -> Floats:
    """As float64, the way a Python number goes; NaN for null."""
    floats = values if pa.types.is_float64(values.type) else values.cast(pa.float64(), safe=False)
    if floats.null_count:
        floats = pc.fill_null(floats, np.nan)
    found: Floats = floats.to_numpy(zero_copy_only=False)
    return found


def _fault(feature: FeatureSchema, reason: str, rows: Mask) -> list[Fault]:
    return [Fault(feature.name, reason, rows)] if rows.any() else []


def _mask(condition: pa.Array) -> Mask:
    filled = pc.fill_null(condition, False)
    found: Mask = np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)
    return found
