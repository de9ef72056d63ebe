"""Golden rows: inputs with the answers the model gave when it was made, for whoever loads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

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
    rows = list(_first(batches, encoder))
    if not rows:
        return []
    bounds = _extremes(rows, encoder)
    traits = [_traits(row, encoder, bounds) for row in rows]
    chosen = list(range(min(ALWAYS, len(rows))))
    covered = set().union(*(traits[place] for place in chosen))
    while len(chosen) < min(MOST, len(rows)):
        gains = [len(found - covered) for found in traits]
        best = int(np.argmax(gains))
        if not gains[best]:
            break
        chosen.append(best)
        covered |= traits[best]
    return [rows[place] for place in sorted(chosen)]


def golden_document(rows: list[dict[str, object]], engine: Engine) -> dict[str, Any]:
    """`golden.json`: the rows and what the engine says about each, in full precision."""
    expected = [
        {"value": one.value, "probabilities": one.probabilities} for one in engine.predict(rows)
    ]
    return {"rows": rows, "expected": expected}


def _first(
    batches: Iterable[pa.RecordBatch], encoder: Encoder, most: int = 5_000
) -> Iterator[dict[str, object]]:
    """Rows as a caller would send them."""
    names = [feature.name for feature in encoder.features]
    for batch in batches:
        part = batch.select(names).slice(0, most)
        most -= part.num_rows
        for row in part.to_pylist():
            yield {name: _as_json(value) for name, value in row.items()}
        if most <= 0:
            return


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    # A NaN in a column is a missing value, which JSON writes as null.
    return None if isinstance(value, float) and value != value else value


def _extremes(rows: list[dict[str, object]], encoder: Encoder) -> dict[str, tuple[float, float]]:
    found = {}
    for feature in encoder.features:
        if feature.type == NUMBER:
            numbers = [row[feature.name] for row in rows if row[feature.name] is not None]
            if numbers:
                found[feature.name] = (min(numbers), max(numbers))  # type: ignore[type-var]
    return found  # type: ignore[return-value]


def _traits(
    row: dict[str, object], encoder: Encoder, bounds: dict[str, tuple[float, float]]
) -> set[tuple[str, object]]:
    """What a row has to show."""
    found: set[tuple[str, object]] = set()
    for feature in encoder.features:
        value = row[feature.name]
        if value is None:
            found.add((feature.name, None))
        elif value in bounds.get(feature.name, ()) or (
            feature.type == CATEGORY and len(feature.categories or ()) <= _PER_FEATURE
        ):
            found.add((feature.name, value))
    return found
