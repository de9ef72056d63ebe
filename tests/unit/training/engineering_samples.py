"""A spec with steps of every kind, rows for it, and what came of a training."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
from perennial.serving.engine import Engine, engine_of
from perennial.training.data import TrainingData
from perennial.training.reading import read_data

from tests.unit.training.samples import FEATURES, RUN, FolderStore, a_spec, put_job, table

SMALL: dict[str, dict[str, Any]] = {
    "xgboost": {"num_boost_round": 15},
    "linear": {},
    "random_forest": {"n_estimators": 5},
    "gradient_boosting": {"n_estimators": 10},
    "hist_gradient_boosting": {"max_iter": 10},
}
TEXT = {"said": {"type": "text", "nullable": True}}
STEPS: list[dict[str, Any]] = [
    {"step": "one_hot", "column": "kind"},
    {"step": "target", "column": "kind"},
    {"step": "scale", "columns": ["number", "count"], "method": "robust"},
    {"step": "log", "column": "number", "signed": True},
    {"step": "bin", "column": "count", "bins": 4},
    {"step": "date", "column": "when", "parts": ["weekday"], "cyclic": ["hour"]},
    {"step": "ratio", "columns": ["number", "count"]},
    {"step": "text", "column": "said", "hashes": 3},
    {"step": "reduce", "columns": ["number", "count", "number_log"], "components": 2},
]
ENGINEERING: dict[str, Any] = {"steps": STEPS, "drop": ["kind", "when"]}


def rows_with_text(rows: int, task: str) -> pa.Table:
    words = ["good", "bad", "so-so 👍🏽", "", None]
    said = [words[(place * 7) % 5] for place in range(rows)]
    return table(rows, task).append_column("said", pa.array(said, pa.string()))


def engineered_spec(task: str = "binary", algorithm: str = "xgboost", **given: Any) -> Any:
    engineering = given.pop("engineering", ENGINEERING)
    parameters = given.pop("parameters", SMALL.get(algorithm, {}))
    features = given.pop("features", FEATURES | TEXT)
    return a_spec(
        task,
        algorithm,
        features=features,
        engineering=engineering,
        parameters=parameters,
        **given,
    )


def candidate(store: FolderStore) -> tuple[Engine, bytes, str]:
    data = store.read(RUN + "candidate.zip")
    digest = hashlib.sha256(data).hexdigest()
    return engine_of(data, digest), data, digest


def as_sent(rows: pa.Table) -> list[dict[str, Any]]:
    return [
        {n: v.isoformat() if n == "when" else v for n, v in row.items()}
        for row in rows.drop_columns(["y"]).to_pylist()
    ]


def data_of(tmp_path: Path, spec: Any, rows: pa.Table) -> TrainingData:
    store = FolderStore(tmp_path / "store")
    return read_data(put_job(store, spec, rows), store, tmp_path / "data.parquet")
