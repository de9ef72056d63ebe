"""Training on 1 million rows × 28 features, beside a plain script with the same parameters.

The plain script reads the same Parquet file with pyarrow, gives the rows that are not held out to
a `QuantileDMatrix` and calls `xgboost.train`, on as many rows as ours. Ours does in the same
process everything a run does: digest, split, holdout file, fit with a learning curve, export,
comparison of the exported form with the estimator on the whole holdout, golden rows and receipt.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harness import Peer, median, report

FEATURES = 28
OF_BOOSTER = {
    "max_depth": 6,
    "eta": 0.1,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "min_child_weight": 1.0,
}
ROUNDS = 100
PARAMETERS = OF_BOOSTER | {"num_boost_round": ROUNDS, "early_stopping_rounds": 0}
THREADS = 2
FITTED = 0.7  # share of the rows; the rest is held out or watched for early stopping
COMMAND = "make bench ARGS=training"


def write_data(path: Path, rows: int) -> None:
    """Numbers of a signal with interactions, in row groups as validation writes them."""
    random = np.random.default_rng(0)
    schema = pa.schema([(f"x{n}", pa.float64()) for n in range(FEATURES)] + [("y", pa.string())])
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for start in range(0, rows, 131_072):
            count = min(131_072, rows - start)
            x = random.normal(size=(count, FEATURES)).astype(np.float32).astype(np.float64)
            signal = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(x[:, 3]) + random.normal(size=count)
            columns = [pa.array(x[:, n]) for n in range(FEATURES)]
            labels = pa.array(np.where(signal > 0, "yes", "no").tolist())
            writer.write_table(pa.table([*columns, labels], schema=schema))


def plain(path: Path) -> None:
    """What somebody would write: read all, split by hand, fit."""
    import xgboost

    table = pq.read_table(path)
    labels = np.array(table.column("y").to_numpy() == "yes", dtype=np.float32)
    names = [f"x{n}" for n in range(FEATURES)]
    matrix = np.column_stack([table.column(n).to_numpy() for n in names]).astype(np.float32)
    del table
    fitted = np.random.default_rng(0).random(len(labels)) < FITTED
    train = xgboost.QuantileDMatrix(matrix[fitted], labels[fitted], nthread=THREADS)
    settings = {"objective": "binary:logistic", "tree_method": "hist", "nthread": THREADS}
    booster = xgboost.train(settings | OF_BOOSTER, train, ROUNDS)
    held_out = xgboost.DMatrix(matrix[~fitted], labels[~fitted], nthread=THREADS)
    booster.eval(held_out)
    booster.save_model(path.with_suffix(".ubj"))


def ours(path: Path) -> dict[str, Any]:
    """A training as the container does it, its store a folder."""
    from perennial.training.lean import import_xgboost

    import_xgboost()
    from perennial.registry import layout
    from perennial.spec import ModelSpec
    from perennial.training.job import Job
    from perennial.training.run import train

    from benchmarks.folder import Flat

    spec = ModelSpec.model_validate(
        {
            "name": "bench",
            "task": "binary",
            "target": "y",
            "positive_class": "yes",
            "features": {f"x{n}": {"type": "number"} for n in range(FEATURES)},
            "algorithm": {"name": "xgboost", "parameters": PARAMETERS},
        }
    )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    job = {
        "model": "bench",
        "run_id": "bench",
        "spec": spec.model_dump(mode="json"),
        "spec_digest": spec.digest,
        "dataset": {"digest": digest, "uri": layout.uri("data", path.name), "rows": 0},
        "code": {"version": "bench", "digest": "bench"},
        "seed": 0,
    }
    with tempfile.TemporaryDirectory() as workdir:
        store = Flat(path.parent)
        run_uri = layout.uri("data", "run/")
        found = train(Job.model_validate(job), run_uri, store, Path(workdir), threads=THREADS)
    return {"steps": found["seconds"]}


def measured(which: str, path: Path) -> dict[str, Any]:
    """One of the two in a process of its own: seconds from its start, peak memory in MB."""
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_training", "--only", which, "--data", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "seconds": perf_counter() - start}


def main() -> None:
    """Measure, interleaved, and write both figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, one round")
    parser.add_argument("--only", choices=("plain", "ours"), help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        extra: dict[str, Any] = {}
        if given.only == "ours":
            extra = ours(given.data)
        else:
            plain(given.data)
        scale = 2**20 if sys.platform == "darwin" else 2**10
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
        print(json.dumps({"peak": peak, **extra}))
        return
    rows, rounds = (100_000, 1) if given.quick else (1_000_000, 5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.parquet"
        write_data(path, rows)
        found: dict[str, list[dict[str, Any]]] = {"plain": [], "ours": []}
        for _ in range(rounds):
            for which, results in found.items():
                results.append(measured(which, path))
    _publish(found, rows)


def _publish(found: dict[str, list[dict[str, Any]]], rows: int) -> None:
    version = metadata.version("xgboost-cpu")
    for figure, unit, key, aim in (
        ("training_time", "s", "seconds", 1.15),
        ("training_memory", "MB", "peak", 0.6),
    ):
        mine, theirs = (median(one[key] for one in found[which]) for which in ("ours", "plain"))
        report(
            name=figure,
            unit=unit,
            value=mine,
            peers=[Peer("pyarrow + xgboost.train", version, theirs)],
            aim=f"at most {aim} times the plain script",
            met=mine / theirs <= aim,
            command=COMMAND,
            libraries=("xgboost-cpu", "pyarrow", "numpy"),
            extra={"rows": rows, "features": FEATURES, "ratio": mine / theirs, "rounds": found},
        )


if __name__ == "__main__":
    main()
