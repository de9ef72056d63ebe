"""Benchmark 1: from an installed checkout to the first prediction, by phase.

Each round plays the demonstration on an emulator of its own, templates synthesized anew, as after
a fresh clone. The workflow's own overhead is everything between the upload and the end of the run
that is not fitting the estimator.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import median, report
from cli import local, project

TOTAL_SECONDS = 60.0
OVERHEAD_SECONDS = 5.0
PROGRAM = Path(sys.executable).with_name("perennial")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one round")
    rounds = [play() for _ in range(1 if parser.parse_args().quick else 3)]
    totals = [seconds["total"] for seconds in rounds]
    overheads = [overhead(seconds) for seconds in rounds]
    shared: dict[str, Any] = {
        "unit": "s",
        "command": "make bench ARGS=demo",
        "libraries": ("aws-cdk-lib", "ministack", "xgboost-cpu"),
    }
    report(
        name="demo",
        value=median(totals),
        aim=f"the first prediction after at most {TOTAL_SECONDS:g} s on 2 cores",
        met=median(totals) <= TOTAL_SECONDS,
        extra={"rounds": rounds, "phases": phases(rounds)},
        **shared,
    )
    report(
        name="demo-workflow-overhead",
        value=median(overheads),
        aim=f"at most {OVERHEAD_SECONDS:g} s of the workflow are not fitting",
        met=median(overheads) < OVERHEAD_SECONDS,
        extra={"rounds": overheads},
        **shared,
    )


def play() -> dict[str, Any]:
    """One demonstration from nothing; the seconds of its phases."""
    here = project.current()
    with local.alone(here):  # a deployment by another command may be reading them
        shutil.rmtree(here.build / "cdk", ignore_errors=True)
    with tempfile.TemporaryDirectory() as state:
        environment = os.environ | {"PERENNIAL_STATE": state}
        done = subprocess.run(
            [str(PROGRAM), "demo", "--json"],
            cwd=here.root,
            env=environment,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise SystemExit(f"the demonstration failed:\n{done.stderr}")
    return dict(json.loads(done.stdout)["seconds"])


def overhead(seconds: dict[str, Any]) -> float:
    """Seconds from the end of the upload to the end of the run without those of fitting."""
    return float(seconds["pipeline_total"]) - float(seconds["fitting"])


def phases(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """The median of each phase; states of the workflow by their names."""
    flat = [seconds | seconds["pipeline"] for seconds in rounds]
    return {
        name: round(median(one[name] for one in flat), 3)
        for name, value in flat[0].items()
        if isinstance(value, float)
    }


if __name__ == "__main__":
    main()
