"""Runs every benchmark in its own process and ends with a table of what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.harness import RESULTS

HERE = Path(__file__).parent


def main() -> int:
    """Run the benchmarks named before the first option, or all; options are handed to each."""
    given = sys.argv[1:]
    first = next((n for n, word in enumerate(given) if word.startswith("-")), len(given))
    wanted, flags = given[:first], given[first:]
    topics = wanted or sorted(
        (path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py")),
        key=lambda topic: (topic == "cost", topic),  # the sums are over what the others measured
    )
    failed = [
        topic
        for topic in topics
        if subprocess.run([sys.executable, "-m", f"benchmarks.bench_{topic}", *flags]).returncode
    ]
    Console().print(_table())
    for topic in failed:
        sys.stderr.write(f"the benchmark {topic} did not finish\n")
    return 1 if failed else 0


def _table() -> Table:
    table = Table(title="Measured", title_justify="left")
    for column in ("Figure", "Value", "Unit", "Peers", "Aim", "Met"):
        table.add_column(column, justify="right" if column == "Value" else "left")
    for path in sorted(RESULTS.glob("*.json")):
        figure = json.loads(path.read_text(encoding="utf-8"))
        peers = "\n".join(f"{p['name']} {p['version']}: {p['value']:.4g}" for p in figure["peers"])
        met = "yes" if figure["met"] else "no"
        table.add_row(
            figure["name"], f"{figure['value']:.4g}", figure["unit"], peers, figure["aim"], met
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
