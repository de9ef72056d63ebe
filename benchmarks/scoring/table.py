"""A Parquet file of 20 columns, and a model over them: 100 trees of depth 6."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FEATURES = 20
ROUNDS = 100
GROUP = 131_072  # rows
NAMES = [f"x{number}" for number in range(FEATURES)]
SPEC = {
    "name": "bench",
    "task": "binary",
    "target": "y",
    "positive_class": "yes",
    "features": {name: {"type": "number"} for name in NAMES},
}


def write_data(path: Path, rows: int) -> None:
    """Numbers, in row groups as most writers make them."""
    random = np.random.default_rng(0)
    with pq.ParquetWriter(path, pa.schema([(name, pa.float64()) for name in NAMES])) as writer:
        for start in range(0, rows, GROUP):
            count = min(GROUP, rows - start)
            values = random.normal(size=(count, FEATURES)).astype(np.float32).astype(np.float64)
            writer.write_table(pa.table({n: values[:, at] for at, n in enumerate(NAMES)}))


def write_model(folder: Path) -> None:
    """The booster as `model.ubj`, the same in an artifact as `artifact.zip`."""
    import xgboost
    from perennial.serving.artifact import TREES, write_artifact

    random = np.random.default_rng(1)
    values = random.normal(size=(20_000, FEATURES)).astype(np.float32)
    labels = (values[:, 0] + values[:, 1] * values[:, 2] + random.normal(size=20_000) > 0) * 1.0
    settings = {"objective": "binary:logistic", "max_depth": 6, "nthread": 2}
    booster = xgboost.train(settings, xgboost.DMatrix(values, labels), ROUNDS)
    (folder / "model.ubj").write_bytes(booster.save_raw("ubj"))
    manifest = {"classes": ["no", "yes"], "threshold": 0.5, "features": [*map(_feature, NAMES)]}
    manifest |= {"format": 1, "engine": {"kind": "xgboost", "link": "binary"}}
    entries = {TREES: bytes(booster.save_raw("ubj"))}
    (folder / "artifact.zip").write_bytes(write_artifact(manifest, entries))
    (folder / "spec.json").write_text(json.dumps(SPEC))


def _feature(name: str) -> dict[str, Any]:
    absent = {"minimum": None, "maximum": None, "categories": None}
    return {"name": name, "type": "number", "nullable": False, "unseen": "reject", **absent}
