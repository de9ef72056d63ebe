"""What groups of people and the report cost at 1 million held-out rows: seconds, and peak memory.

The comparison of groups is what the training container does once its candidate is exported:
asking the exported model about every held-out row, every measure of every group and intersection
(three columns, one of them cut into bins: six groupings, 60 groups and more), with intervals. The
evaluation is what the evaluate function does afterwards: metrics with bootstrap intervals, gates
and the report. Each runs in a process of its own, imports included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harness import median, report

FEATURES = 12
THREADS = 2
FITTED = 20_000  # rows the model is made of; how well it is made does not matter here
COMMAND = "make bench ARGS=fairness"
RUN = "s3://data/run/"
BOUND = 25.0  # seconds for the groups, of the 60 for groups, report and card


def a_table(rows: int, seed: int) -> pa.Table:
    """Rows about people of three sexes, five origins and many ages."""
    random = np.random.default_rng(seed)
    numbers = {f"x{place}": random.normal(size=rows) for place in range(FEATURES)}
    sex = random.choice(["f", "m", "x"], rows, p=[0.49, 0.5, 0.01])
    signal = numbers["x0"] + numbers["x1"] * numbers["x2"] + 0.4 * (sex == "m")
    return pa.table(
        {
            **numbers,
            "sex": sex,
            "origin": random.choice(["a", "b", "c", "d", "e"], rows),
            "age": random.integers(18, 90, rows),
            "y": np.where(signal + random.normal(size=rows) > 0.5, "yes", "no"),
        }
    )


def a_spec() -> Any:
    """A model of them, and the groups that are compared."""
    from perennial.spec import ModelSpec

    return ModelSpec.model_validate(
        {
            "name": "bench",
            "task": "binary",
            "target": "y",
            "positive_class": "yes",
            "features": {f"x{place}": {"type": "number"} for place in range(FEATURES)}
            | {"sex": {"type": "category"}, "origin": {"type": "category"}},
            "excluded": ["age"],
            "fairness": {
                "columns": ["sex", "origin", "age"],
                "bins": {"age": [25, 45, 65]},
                "gates": [{"measure": "equalized_odds_difference", "maximum": 0.5}],
            },
            "algorithm": {"name": "xgboost", "parameters": {"num_boost_round": 100}},
        }
    )


def prepare(folder: Path, rows: int) -> None:
    """A run as training leaves it, its holdout made large."""
    import hashlib

    from perennial.registry import layout
    from perennial.training.job import Job
    from perennial.training.run import train

    from benchmarks.folder import Flat

    data, store = folder / "data.parquet", Flat(folder)
    pq.write_table(a_table(FITTED, 0), data)
    job = {
        "model": "bench",
        "run_id": "bench",
        "spec": a_spec().model_dump(mode="json"),
        "spec_digest": "bench",
        "dataset": {
            "digest": hashlib.sha256(data.read_bytes()).hexdigest(),
            "uri": layout.uri("data", data.name),
            "rows": FITTED,
        },
        "code": {"version": "bench", "digest": "bench"},
        "seed": 0,
    }
    with tempfile.TemporaryDirectory() as workdir:
        train(Job.model_validate(job), RUN, store, Path(workdir), threads=THREADS)
    store.write(RUN + layout.JOB, json.dumps(job).encode(), "application/json")
    pq.write_table(a_table(rows, 1), folder / layout.HOLDOUT, row_group_size=65_536)


def groups(folder: Path) -> dict[str, Any]:
    """What the container does about groups."""
    start = perf_counter()
    from perennial.registry import layout
    from perennial.serving.artifact import digest_of
    from perennial.training.answers import answers_of
    from perennial.training.fairness import fairness_of

    from benchmarks.folder import Flat

    store, spec, holdout = Flat(folder), a_spec(), folder / "holdout.parquet"
    imported = perf_counter()
    artifact = store.read(RUN + layout.CANDIDATE)
    answers = answers_of(spec, artifact, holdout, spec.fairness.columns, threads=THREADS)
    asked = perf_counter()
    found = fairness_of(
        spec, answers.columns, answers.outcome, run_id="bench", artifact_digest=digest_of(artifact)
    )
    store.write(RUN + layout.FAIRNESS, found.model_dump_json().encode(), "application/json")
    done = perf_counter()
    return {
        "seconds": done - start,
        "steps": {"import": imported - start, "ask": asked - imported, "compare": done - asked},
        "groups": sum(len(one.groups) for one in found.groupings),
    }


def evaluation(folder: Path) -> dict[str, Any]:
    """What the evaluate function does."""
    start = perf_counter()
    from perennial.evaluation.evaluate import evaluate
    from perennial.evaluation.report import report as page
    from perennial.evaluation.scoring import load_scorer
    from perennial.evaluation.subject import read_subject

    from benchmarks.folder import Flat

    subject = read_subject(RUN, None, Flat(folder), load_scorer)
    found = evaluate(subject)
    text = page(found, subject.training)
    return {"seconds": perf_counter() - start, "characters": len(text)}


def measured(which: str, folder: Path) -> dict[str, Any]:
    """One of both in a process of its own."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.bench_fairness"),
            *("--only", which, "--data", str(folder)),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, and write three figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, one round")
    parser.add_argument("--only", choices=("groups", "evaluation"), help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        found = (groups if given.only == "groups" else evaluation)(given.data)
        scale = 2**20 if sys.platform == "darwin" else 2**10
        found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
        print(json.dumps(found))
        return
    rows, rounds = (100_000, 1) if given.quick else (1_000_000, 3)
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), rows)
        both = {
            which: [measured(which, Path(name)) for _ in range(rounds)]
            for which in ("groups", "evaluation")
        }
    publish(both, rows)


def publish(both: dict[str, list[dict[str, Any]]], rows: int) -> None:
    """Write the figures."""
    extra = {"rows": rows, "rounds": both}
    libraries = ("fairlearn", "numpy", "pyarrow", "xgboost-cpu")
    of_groups = median(one["seconds"] for one in both["groups"])
    whole = of_groups + median(one["seconds"] for one in both["evaluation"])
    for name, unit, value, bound, aim in (
        ("fairness_time", "s", of_groups, BOUND, f"1 million held-out rows within {BOUND:.0f} s"),
        ("fairness_report_time", "s", whole, 60.0, "groups and report together within 60 s"),
        (
            "fairness_memory",
            "MB",
            median(one["peak"] for one in both["groups"]),
            1024.0,
            "at most 1 GB for 1 million held-out rows",
        ),
    ):
        report(
            name=name,
            unit=unit,
            value=value,
            aim=aim,
            met=value <= bound,
            command=COMMAND,
            libraries=libraries,
            extra=extra,
        )


if __name__ == "__main__":
    main()
