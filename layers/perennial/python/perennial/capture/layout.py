"""One form for captured predictions of any age: what a reader gets, whatever a file holds.

Files bear the columns of the spec of their day. A column that a file lacks is null (the role is
`champion`: there was no other), and so is one whose values have become of another type.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from perennial.capture.columns import schema_of
from perennial.spec import ModelSpec

REQUIRED = ("prediction_id", "predicted_at")  # without these a row means nothing
FEATURES = "features"
VERSION = "version"
ROLE = "role"
CHAMPION = "champion"
_LATER = (  # columns that the first files of a model may lack
    pa.field("entity_id", pa.string()),
    pa.field(ROLE, pa.string()),
    pa.field("rollout_id", pa.string()),
)


def reading_schema(
    spec: ModelSpec,
    columns: Collection[str] | None = None,
    features: Collection[str] | None = None,
) -> pa.Schema:
    """What a reader of captured predictions gets: the wanted columns, each of which may be null.

    Args:
        spec: of the model.
        columns: wanted beside `prediction_id` and `predicted_at`; None for all.
        features: the fields wanted of `features`; None for all that are kept.
    """
    fields = {field.name: field for field in schema_of(spec)}
    fields |= {field.name: field for field in _LATER}
    fields[VERSION] = pa.field(VERSION, pa.int32())
    if FEATURES in fields:
        kept = [one for one in fields[FEATURES].type if features is None or one.name in features]
        fields[FEATURES] = pa.field(FEATURES, pa.struct(kept))
        if not kept:
            del fields[FEATURES]
    wanted = fields.keys() if columns is None else {*columns, *REQUIRED}
    return pa.schema([one.with_nullable(True) for one in fields.values() if one.name in wanted])


@dataclass(frozen=True)
class Layout:
    """Brings batches of files into one form.

    Attributes:
        schema: that form.
    """

    schema: pa.Schema

    def stored(self, names: Sequence[str]) -> list[str]:
        """What to read of a file with these columns: no field of a struct more than is wanted."""
        found: list[str] = []
        for field in self.schema:
            if field.name not in names:
                continue
            if field.name == FEATURES:
                found += [f"{FEATURES}.{one.name}" for one in field.type]
            else:
                found.append(field.name)
        return found

    def apply(self, batch: pa.RecordBatch, version: int, changed: set[str]) -> pa.RecordBatch:
        """A batch of a file in this form.

        Args:
            batch: as it was read.
            version: that made the predictions.
            changed: gets the columns whose values are of another type today.
        """
        arrays = [self._column(batch, field, version, changed) for field in self.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _column(
        self, batch: pa.RecordBatch, field: pa.Field, version: int, changed: set[str]
    ) -> pa.Array:
        rows = batch.num_rows
        if field.name == VERSION:
            return _repeated(pa.scalar(version, pa.int32()), rows)
        found = batch.column(field.name) if field.name in batch.schema.names else None
        if field.name == FEATURES:
            return _struct(found, field.type, rows, changed)
        if field.name == ROLE:
            champion = pa.scalar(CHAMPION)
            return _repeated(champion, rows) if found is None else pc.fill_null(found, champion)
        return _fitting(found, field, rows, changed)


def _struct(found: pa.Array | None, kind: pa.StructType, rows: int, changed: set[str]) -> pa.Array:
    names = {one.name for one in found.type} if found is not None else set()
    children = [
        _fitting(
            pc.struct_field(found, [one.name]) if one.name in names else None, one, rows, changed
        )
        for one in kind
    ]
    return pa.StructArray.from_arrays(children, fields=list(kind))


def _fitting(found: pa.Array | None, field: pa.Field, rows: int, changed: set[str]) -> pa.Array:
    if found is None:
        return pa.nulls(rows, field.type)
    if found.type == field.type:
        return found
    try:
        return found.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        changed.add(field.name)
        return pa.nulls(rows, field.type)


def _repeated(value: pa.Scalar, rows: int) -> pa.Array:
    return pa.repeat(value, rows)
