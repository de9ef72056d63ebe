"""Reading captured predictions back and joining them to outcomes: rows per second and memory.

Twenty features, every prediction with an outcome; each pass is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.harness import report
from benchmarks.outcomes.truth import predicted_and_true

COMMAND = "make bench ARGS=outcomes"
ROOT = Path(__file__).resolve().parent.parent / "build" / "bench" / "drift"
PASSES = ("read", "join", "join-features")
SIZES = (100_000, 1_000_000, 10_000_000)
MEMORY = 3008  # MiB of the function that gathers
SECONDS = 900  # the longest a function may run


def main() -> None:
    """Measure, and write the figures down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="no 10,000,000 rows")
    given = arguments.parse_args()
    sizes = SIZES[:-1] if given.quick else SIZES
    found = {name: {str(rows): _measured(name, rows) for rows in sizes} for name in PASSES}
    largest = found["join-features"][str(sizes[-1])]
    report(
        name="outcomes-join",
        unit="rows/s",
        value=largest["rows"] / largest["seconds"],
        aim=f"{sizes[-1]:,} predictions joined within {MEMORY} MiB and {SECONDS} seconds",
        met=largest["mebibytes"] < MEMORY and largest["seconds"] < SECONDS,
        command=COMMAND,
        libraries=["pyarrow", "numpy"],
        extra={"passes": found},
    )


def _measured(what: str, rows: int) -> dict[str, Any]:
    folder = predicted_and_true(rows, ROOT)
    command = [sys.executable, "-m", "benchmarks.outcomes.one_pass", what, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    assert measured["rows"] == rows
    return measured


if __name__ == "__main__":
    main()
