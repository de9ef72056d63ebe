"""Outcomes of the captured predictions of the drift benchmark: of each one, one day later."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from perennial.outcomes.columns import MOMENT, truth_schema
from perennial.registry.layout import truth_key

from benchmarks.drift.folder import MODEL, SPEC, START, captures

_FILE = 500_000  # rows


def predicted_and_true(rows: int, root: Path) -> Path:
    """Captures of so many rows, and an outcome of each in another order; made once."""
    folder = captures(rows, root)
    if not (folder / "truth-done").is_file():
        ids = np.concatenate(
            [
                pq.read_table(path, columns=["prediction_id"])["prediction_id"].to_numpy()
                for path in sorted((folder / "captures").rglob("*.parquet"))
            ]
        )
        random = np.random.default_rng(2)
        ids = ids[random.permutation(len(ids))]
        for number, first in enumerate(range(0, rows, _FILE)):
            _write(folder, number, ids[first : first + _FILE], random)
        (folder / "truth-done").touch()
    return folder


def _write(folder: Path, number: int, ids: np.ndarray, random: np.random.Generator) -> None:
    came = START + timedelta(days=1, hours=number % 24)
    moment = pa.repeat(pa.scalar(came, MOMENT), len(ids))
    columns = {
        "prediction_id": pa.array(ids, pa.string()),
        "entity_id": pa.nulls(len(ids), pa.string()),
        "predicted_at": pa.nulls(len(ids), MOMENT),
        "outcome": random.normal(size=len(ids)),
        "observed_at": moment,
        "received_at": moment,
        "source": pa.repeat("api", len(ids)),
    }
    path = folder / truth_key(MODEL, f"{came:%Y-%m-%d}", f"{number:06d}")
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, truth_schema(SPEC)), path, compression="zstd")
