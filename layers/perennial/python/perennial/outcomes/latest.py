"""The latest rows of a stream that comes hour by hour, and no more of it than that."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc


def latest(batches: Iterable[pa.RecordBatch], schema: pa.Schema, limit: int) -> pa.Table:
    """The `limit` latest rows by `predicted_at`, ascending; of the same moment, by their id.

    Whole hours are let go of as soon as enough later ones are there.

    Args:
        batches: each within one hour, the hours ascending.
        schema: of the batches.
        limit: rows.
    """
    hours: deque[tuple[int, list[pa.RecordBatch]]] = deque()
    rows = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        hour = pc.min(batch.column("predicted_at")).cast(pa.int64()).as_py() // 3_600_000
        if not hours or hours[-1][0] != hour:
            hours.append((hour, []))
        hours[-1][1].append(batch)
        rows += batch.num_rows
        while rows - (oldest := sum(each.num_rows for each in hours[0][1])) >= limit:
            hours.popleft()
            rows -= oldest
    table = pa.Table.from_batches([each for _, found in hours for each in found], schema)
    order = [("predicted_at", "ascending"), ("prediction_id", "ascending")]
    ordered = table.take(pc.sort_indices(table, order))
    return ordered.slice(max(0, ordered.num_rows - limit))
