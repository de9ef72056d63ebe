"""A search of 50 trials on 2 cores, beside Optuna in one process with the same trials.

Ours is what the workflow runs: rounds proposed from files, jobs as processes with their own
start-up and data, a fork for each trial; the store is a folder, so no network is measured, nor
Step Functions and Batch. The peer reads the data once and fits all trials with both threads.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from time import perf_counter

from benchmarks.bench_training import write_data
from benchmarks.harness import Peer, median, report
from benchmarks.tuning.setting import a_spec, put_job

AIM = 1.2


def seconds_of(side: str, folder: Path) -> float:
    """One side in a process of its own, from its start to its end."""
    start = perf_counter()
    subprocess.run([sys.executable, "-m", f"benchmarks.tuning.{side}", str(folder)], check=True)
    return perf_counter() - start


def main() -> None:
    """Measure, interleaved, and write the figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one round, fewer rows")
    trials, rounds, rows = (50, 1, 20_000) if parser.parse_args().quick else (50, 3, 50_000)
    ours: list[float] = []
    alone: list[float] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_data(folder / "data.parquet", rows)
            put_job(folder, a_spec(trials))
            ours.append(seconds_of("ours", folder))
            alone.append(seconds_of("alone", folder))
    ratio = median(ours) / median(alone)
    report(
        name="tuning_time",
        unit="s",
        value=median(ours),
        peers=[Peer("optuna, one process", metadata.version("optuna"), median(alone))],
        aim=f"at most {AIM} times Optuna in one process",
        met=ratio <= AIM,
        command="make bench ARGS=tuning",
        libraries=("optuna", "xgboost-cpu", "numpy"),
        extra={"trials": trials, "rows": rows, "ratio": ratio, "ours": ours, "alone": alone},
    )


if __name__ == "__main__":
    main()
