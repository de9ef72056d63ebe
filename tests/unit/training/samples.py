"""Data to train on, a store in a folder, and the steps to train without a container."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from perennial.spec import ModelSpec
from perennial.training.job import Job, read_job
from perennial.training.run import train

from cli.retraining import Folder

RUN = "s3://data/runs/m/r1/"
DATASET = "s3://data/datasets/m/data.parquet"


class FolderStore(Folder):
    """An object store in a folder; `written` tells the order of the writes."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.written: list[str] = []

    def write(self, uri: str, body: bytes, content_type: str, *, once: bool = False) -> None:
        self.written.append(uri.rpartition("/")[2])
        super().write(uri, body, content_type, once=once)

    def upload(self, path: Path, uri: str, content_type: str, *, once: bool = False) -> None:
        self.write(uri, path.read_bytes(), content_type, once=once)  # tests break writes


FEATURES: dict[str, Any] = {
    "number": {"type": "number", "nullable": True},
    "count": {"type": "integer"},
    "kind": {"type": "category", "nullable": True},
    "flag": {"type": "boolean", "nullable": True},
    "when": {"type": "timestamp"},
}


def table(rows: int, task: str, *, seed: int = 0, classes: int = 3) -> pa.Table:
    """Rows with every type of feature and a target that depends on some of them."""
    random = np.random.default_rng(seed)
    number = random.normal(size=rows)
    count = random.integers(0, 50, rows)
    kinds = np.array(["ä", "b", "日本", "d"])[random.integers(0, 4, rows)]
    signal = number + 0.05 * count + (kinds == "b") * 2 + 0.3 * random.normal(size=rows)
    edges = np.quantile(signal, np.linspace(0, 1, classes + 1)[1:-1])
    targets: dict[str, Any] = {
        "binary": np.where(signal > np.median(signal), "yes", "no"),
        "multiclass": np.digitize(signal, edges).astype(str),
        "regression": signal * 10 + 3,
    }
    moments = 1_600_000_000_000_000 + random.integers(0, 10**13, rows)
    return pa.table(
        {
            "number": pa.array(number, mask=random.random(rows) < 0.1),
            "count": pa.array(count, pa.int64()),
            "kind": pa.array(kinds.tolist(), pa.string()).take(
                pa.array(np.arange(rows), mask=random.random(rows) < 0.1)
            ),
            "flag": pa.array(random.random(rows) < 0.5, mask=random.random(rows) < 0.1),
            "when": pa.array(moments, pa.timestamp("us", "UTC")),
            "y": pa.array(targets[task].tolist()),
        }
    )


def a_spec(task: str, algorithm: str = "xgboost", **given: Any) -> ModelSpec:
    """A spec for `table`, or with features of its own."""
    parameters = given.pop("parameters", {})
    document = {
        "name": "m",
        "task": task,
        "target": "y",
        "features": FEATURES,
        "algorithm": {"name": algorithm, "parameters": parameters},
        "positive_class": "yes" if task == "binary" else None,
    }
    return ModelSpec.model_validate(document | given)


def put_job(store: Folder, spec: ModelSpec, data: pa.Table, *, seed: int = 0) -> Job:
    """Write dataset and job as validation would."""
    path = store.path(DATASET)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(data, path)
    job = {
        "model": spec.name,
        "run_id": "r1",
        "spec": spec.model_dump(mode="json"),
        "spec_digest": spec.digest,
        "dataset": {
            "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
            "uri": DATASET,
            "rows": data.num_rows,
        },
        "source": {},
        "code": {"version": "0.1.0", "digest": "c" * 64},
        "seed": seed,
    }
    store.write(RUN + "job.json", json.dumps(job).encode(), "application/json")
    return read_job(RUN, store)


def trained(
    folder: Path, spec: ModelSpec, data: pa.Table, **given: Any
) -> tuple[FolderStore, dict[str, Any]]:
    """Train; the store afterwards and the content of training.json."""
    store = FolderStore(folder / "store")
    job = put_job(store, spec, data, seed=given.pop("seed", 0))
    workdir = folder / "work"
    workdir.mkdir(exist_ok=True)
    return store, train(job, RUN, store, workdir, threads=given.pop("threads", 1), **given)
