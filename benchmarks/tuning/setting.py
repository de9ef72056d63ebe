"""The search that both sides run: its data, its space, and where everything lies."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from perennial.registry import layout
from perennial.spec import ModelSpec

from benchmarks.folder import Flat

RUN = layout.uri("data", "run/")
FEATURES = 28
THREADS = 2  # of the machine; ours divides them among its jobs
JOBS = 2  # at once


def a_spec(trials: int) -> ModelSpec:
    """Boosted trees with four parameters to find; every trial is fitted to its end."""
    return ModelSpec.model_validate(
        {
            "name": "bench",
            "task": "binary",
            "target": "y",
            "positive_class": "yes",
            "features": {f"x{n}": {"type": "number"} for n in range(FEATURES)},
            "algorithm": {
                "name": "xgboost",
                "parameters": {"num_boost_round": 150, "early_stopping_rounds": 0},
            },
            "tuning": {
                "method": "bayesian",
                "trials": trials,
                "trials_per_round": 18,
                "trials_per_job": 9,
                "concurrency": JOBS,
                "stop_bad_trials": False,
                "search": [
                    {
                        "algorithm": "xgboost",
                        "parameters": {
                            "learning_rate": {"low": 0.01, "high": 0.3, "scale": "log"},
                            "max_depth": {"low": 3, "high": 8},
                            "min_child_weight": {"low": 1.0, "high": 50.0, "scale": "log"},
                            "subsample": {"low": 0.5, "high": 1.0},
                        },
                    }
                ],
            },
        }
    )


def put_job(folder: Path, spec: ModelSpec) -> None:
    """Write `job.json` beside the data, as validation would."""
    data = folder / "data.parquet"
    job = {
        "model": "bench",
        "run_id": "bench",
        "spec": spec.model_dump(mode="json"),
        "spec_digest": spec.digest,
        "dataset": {
            "digest": hashlib.sha256(data.read_bytes()).hexdigest(),
            "uri": layout.uri("data", data.name),
            "rows": 0,
        },
        "code": {"version": "bench", "digest": "bench"},
        "seed": 0,
    }
    Flat(folder).write(RUN + layout.JOB, json.dumps(job).encode(), "application/json")
