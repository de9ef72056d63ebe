"""Joined predictions in the form of a training file: the columns that a spec wants."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from perennial.capture.columns import features_type, stored_features
from perennial.outcomes.columns import MOMENT, outcome_type
from perennial.spec import ModelSpec


def why_not(spec: ModelSpec) -> str | None:
    """Why no training file can be made of a model's predictions, or None.

    A feature that is not kept has no value in any row, and such a file is refused by validation
    even where the feature may be missing.
    """
    if spec.target in spec.sensitive:
        return f"the target {spec.target!r} is sensitive: its values are not kept"
    wanted = dict.fromkeys((*spec.features, *spec.fairness.columns))
    lacking = [name for name in wanted if name not in stored_features(spec)]
    if lacking:
        names = ", ".join(repr(name) for name in lacking)
        return (
            f"{names} of predictions is not kept (sensitive, no feature, or in capture.exclude): "
            "upload training data yourself, or leave it out of the spec"
        )
    return None


def training_schema(spec: ModelSpec) -> pa.Schema:
    """The columns: id and time where the spec names them, features, target."""
    features = {field.name: field.type for field in features_type(spec)}
    columns: dict[str, pa.DataType] = {}
    if spec.id_column is not None:
        columns[spec.id_column] = pa.string()
    if spec.privacy.person is not None:
        columns[spec.privacy.person] = pa.string()
    if spec.time_column is not None and spec.time_column not in features:
        columns[spec.time_column] = MOMENT
    columns |= features
    columns[spec.target] = outcome_type(spec)
    return pa.schema(list(columns.items()))


def training_table(spec: ModelSpec, joined: pa.Table) -> pa.Table:
    """Joined rows as those of a training file, in the same order.

    A row is named after its prediction, and its time is that of the prediction.
    """
    schema = training_schema(spec)
    return pa.table([_column(spec, joined, name) for name in schema.names], schema=schema)


def _column(spec: ModelSpec, joined: pa.Table, name: str) -> pa.ChunkedArray:
    if name == spec.target:
        return joined["outcome"]
    if name == spec.id_column:
        return joined["prediction_id"]
    if name == spec.privacy.person:
        return joined["entity_id"]
    if name in spec.features:
        return pc.struct_field(joined["features"], [name])
    return joined["predicted_at"]
