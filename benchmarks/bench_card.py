"""What it takes to answer for a version: groups compared and a card written, by held-out rows.

A model of 20 columns, two of them sensitive, is trained on a tenth of its rows; nine tenths are
held out, so that what is measured grows with the holdout. The fairness step is timed by the
training itself; the card is made in a process of its own, as the function makes it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from perennial.registry import layout
from perennial.spec import ModelSpec
from perennial.training.job import Job
from perennial.training.run import train

from benchmarks.card.evidence import CARD, EVIDENCE, RUN
from benchmarks.folder import Flat
from benchmarks.harness import report

THREADS = 2
HELD_OUT = 0.9
SIZES = (10_000, 100_000, 1_000_000)
LIMIT = 60.0  # seconds for a million rows


def main() -> None:
    """Measure each size; the last one is the figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="without the largest")
    sizes = SIZES[:-1] if parser.parse_args().quick else SIZES
    growth = [measured(rows) for rows in sizes]
    last = growth[-1]
    seconds = last["fairness_seconds"] + last["card_seconds"]
    report(
        name="card-and-fairness",
        unit="seconds",
        value=seconds,
        aim=f"at most {LIMIT:g} s for a million held-out rows",
        met=sizes == SIZES and seconds <= LIMIT,
        command="make bench ARGS=card",
        libraries=("numpy", "pyarrow", "fairlearn"),
        extra={"growth": growth},
    )


def measured(held_out: int) -> dict[str, Any]:
    """Seconds and memory for so many held-out rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = trained(folder, round(held_out / HELD_OUT))
        parts = {part: _alone(part, folder, found) for part in (EVIDENCE, CARD)}
    return {
        "held_out": found["rows"]["holdout"],
        "fairness_seconds": found["seconds"]["fairness"],
        "evaluation_seconds": parts[EVIDENCE]["seconds"],
        "card_seconds": parts[CARD]["seconds"],
        "card_mb": parts[CARD]["mb"],
    }


def trained(folder: Path, rows: int) -> dict[str, Any]:
    """A run as training leaves it; what `training.json` says."""
    store, spec = Flat(folder), a_spec()
    path = folder / "data.parquet"
    pq.write_table(a_dataset(rows), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    job = {
        "model": spec.name,
        "run_id": "bench",
        "spec": spec.model_dump(mode="json"),
        "spec_digest": spec.digest,
        "dataset": {"digest": digest, "uri": layout.uri("data", path.name), "rows": rows},
        "source": {"bucket": "data", "key": "incoming/bench/data.csv", "version_id": "1"},
        "code": {"version": "bench", "digest": "bench"},
        "seed": 0,
    }
    store.write(RUN + layout.JOB, json.dumps(job).encode(), "application/json")
    (folder / "work").mkdir()
    return train(Job.model_validate(job), RUN, store, folder / "work", threads=THREADS)


def a_spec() -> ModelSpec:
    """Numbers and categories, and two columns that tell groups of people apart."""
    features: dict[str, Any] = {f"n{place}": {"type": "number"} for place in range(12)}
    features |= {f"c{place}": {"type": "category"} for place in range(6)}
    features |= {"gender": {"type": "category"}, "age": {"type": "integer"}}
    return ModelSpec.model_validate(
        {
            "name": "bench",
            "task": "binary",
            "target": "y",
            "positive_class": "yes",
            "features": features,
            "sensitive": ["gender", "age"],
            "fairness": {"columns": ["gender", "age"], "bins": {"age": [30, 45, 60]}},
            "split": {"holdout": HELD_OUT, "validation": 0.02},
            "algorithm": {"parameters": {"num_boost_round": 100}},
        }
    )


def a_dataset(rows: int) -> pa.Table:
    """Columns of which some decide."""
    random = np.random.default_rng(1)
    numbers = random.normal(size=(rows, 12))
    categories = random.integers(0, 8, (rows, 6))
    age = random.integers(18, 90, rows)
    gender = random.integers(0, 2, rows)
    margin = numbers[:, 0] - numbers[:, 1] + (categories[:, 0] > 3) + gender / 3 + age / 200
    yes = random.random(rows) < 1 / (1 + np.exp(-margin))
    columns: dict[str, pa.Array] = {f"n{place}": pa.array(numbers[:, place]) for place in range(12)}
    labels = pa.array([f"label {code}" for code in range(8)])
    columns |= {
        f"c{place}": pa.DictionaryArray.from_arrays(categories[:, place], labels).cast(pa.string())
        for place in range(6)
    }
    columns["gender"] = pa.DictionaryArray.from_arrays(gender, ["f", "m"]).cast(pa.string())
    columns["age"] = pa.array(age)
    columns["y"] = pa.DictionaryArray.from_arrays(yes.astype(np.int64), ["no", "yes"]).cast(
        pa.string()
    )
    return pa.table(columns)


def _alone(part: str, folder: Path, found: dict[str, Any]) -> dict[str, float]:
    """One part in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.card.evidence", part, str(folder)]
    done = subprocess.run(
        [*command, found["artifact_digest"]], check=True, capture_output=True, text=True
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    main()
