"""A window of captured predictions as files on this disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from perennial.capture.columns import schema_of
from perennial.registry.layout import capture_key
from perennial.spec import ModelSpec

from benchmarks.drift.columns import LEVELS, NUMBERS, drawn
from benchmarks.drift.ours import predicted

BUCKET, MODEL = "bench", "drift"
START = datetime(2026, 11, 20, tzinfo=UTC)
END = START + timedelta(days=1)
_FILE = 100_000  # rows; about what a minute of busy traffic leaves
_FILES_PER_HOUR = 5

SPEC = ModelSpec.model_validate(
    {
        "name": MODEL,
        "task": "regression",
        "target": "y",
        "features": {
            **{name: {"type": "number"} for name in NUMBERS},
            **{name: {"type": "category"} for name in LEVELS},
        },
    }
)


def captures(rows: int, root: Path) -> Path:
    """Captured predictions of so many rows below `root`, made once; returns the folder."""
    folder = root / f"captures-{rows}"
    if not (folder / "done").is_file():
        random = np.random.default_rng(1)
        for number, first in enumerate(range(0, rows, _FILE)):
            table = _captured(random, first, min(_FILE, rows - first), number)
            hour = START + timedelta(hours=min(23, number // _FILES_PER_HOUR))
            path = folder / capture_key(MODEL, 1, f"{hour:%Y-%m-%dT%H}", f"{number:06d}")
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path, compression="zstd")
        (folder / "done").touch()
    return folder


def _captured(random: np.random.Generator, first: int, rows: int, number: int) -> pa.Table:
    columns = drawn(random, rows)
    schema = schema_of(SPEC)
    request = [f"{number:08x}-5c1e-4d3a-9b1f-{first + row:012x}" for row in range(rows)]
    hour = START + timedelta(hours=min(23, number // _FILES_PER_HOUR))
    moments = np.datetime64(hour.replace(tzinfo=None), "ms") + np.arange(rows) * 36
    features = pa.StructArray.from_arrays(
        [pa.array(columns[f.name]).cast(f.type) for f in schema.field("features").type],
        fields=list(schema.field("features").type),
    )
    given = {
        "prediction_id": [f"{one}-0" for one in request],
        "request_id": request,
        "row": np.zeros(rows, np.int32),
        "request_rows": np.ones(rows, np.int32),
        "predicted_at": pa.array(moments).cast(schema.field("predicted_at").type),
        "latency_ms": random.exponential(3.0, rows),
        "protocol": ["native"] * rows,
        "artifact_digest": ["0" * 64] * rows,
        "prediction": predicted(columns),
        "features": features,
    }
    arrays = [
        given[f.name]
        if isinstance(given.get(f.name), pa.Array)
        else pa.array(given[f.name], f.type)
        if f.name in given
        else pa.nulls(rows, f.type)
        for f in schema
    ]
    loose = pa.schema([f.with_nullable(True) for f in schema])
    return pa.table(arrays, schema=loose)


def frame(rows: int, root: Path, name: str, seed: int) -> Path:
    """The same kind of rows as a plain Parquet file, for tools that take a table."""
    path = root / f"{name}-{rows}.parquet"
    if not path.is_file():
        random = np.random.default_rng(seed)
        root.mkdir(parents=True, exist_ok=True)
        first = pa.table(dict(drawn(random, min(rows, 500_000))))
        with pq.ParquetWriter(path, first.schema) as writer:
            writer.write_table(first)
            for start in range(500_000, rows, 500_000):
                more = drawn(random, min(500_000, rows - start))
                writer.write_table(pa.table(dict(more)))
    return path
