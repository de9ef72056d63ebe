"""Golden rows: inputs with the answers the model gave when it was made, for whoever loads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.features.encoder import Encoder
from perennial.features.schema import CATEGORY, NUMBER
from perennial.serving.engine import Engine

MOST = 20  # rows
ALWAYS = 5  # rows kept for being ordinary
_PER_FEATURE = 30  # traits of one feature that are looked for


def golden_rows(batches: Iterable[pa.RecordBatch], encoder: Encoder) -> list[dict[str, object]]:
    """Rows that together show missing values, categories, extremes and the ordinary.

    Args:
        batches: rows the encoder takes, such as the holdout, with at least its features.
        encoder: of the model.
    """
    rows = _first(batches, encoder)
    if not rows.num_rows:
        return []
    shown = _traits(rows, encoder)
    chosen = list(range(min(ALWAYS, len(shown))))
    covered = shown[chosen].any(axis=0)
    while len(chosen) < min(MOST, len(shown)):
        gains = (shown & ~covered).sum(axis=1)
        best = int(np.argmax(gains))
        if not gains[best]:
            break
        chosen.append(best)
        covered |= shown[best]
    return [
        {name: _as_json(value) for name, value in row.items()}
        for row in rows.take(sorted(chosen)).to_pylist()
    ]


def golden_document(rows: list[dict[str, object]], engine: Engine) -> dict[str, Any]:
    """`golden.json`: the rows and what the engine says about each, in full precision."""
    expected = [
        {"value": one.value, "probabilities": one.probabilities} for one in engine.predict(rows)
    ]
    return {"rows": rows, "expected": expected}


def _first(batches: Iterable[pa.RecordBatch], encoder: Encoder, most: int = 5_000) -> pa.Table:
    """The features of some rows."""
    names = [feature.name for feature in encoder.features]
    found, rows = [], 0
    for batch in batches:
        found.append(batch.select(names).slice(0, most - rows))
        rows += found[-1].num_rows
        if rows >= most:
            break
    return pa.Table.from_batches(found) if found else pa.table({})


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    # A NaN in a column is a missing value, which JSON writes as null.
    return None if isinstance(value, float) and value != value else value


def _traits(rows: pa.Table, encoder: Encoder) -> npt.NDArray[np.bool_]:
    """What each row shows, [rows, traits]: a missing value, an extreme, a category."""
    shown = []
    for feature in encoder.features:
        column = _plain(rows.column(feature.name))
        shown.append(column.is_null())
        if feature.type == NUMBER:
            extremes = set(pc.min_max(column).as_py().values()) - {None}
            shown += [pc.equal(column, extreme) for extreme in extremes]
        elif feature.type == CATEGORY and len(feature.categories or ()) <= _PER_FEATURE:
            shown += [pc.equal(column, label) for label in pc.unique(column.drop_null())]
    return np.column_stack([trait.fill_null(False).to_numpy() for trait in shown])


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values themselves, and nulls where a column of numbers has a NaN."""
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column)
    return column
