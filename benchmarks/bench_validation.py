"""Validation of synthetic tables beside other tools doing the same checks.

Every measurement is a process of its own: start, load and checks, all in. The tools take turns,
and medians are compared.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Peer, median, report
from benchmarks.validation.table import made

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = {100_000: 5, 1_000_000: 5, 10_000_000: 1}
MEMORY_LIMIT = 500.0  # MB, at the largest size
OURS = ("checks", "pass")
# Tool, module, distribution its version is of.
PEERS = (
    ("pandera on pandas", "pandera_pandas", "pandera"),
    ("pandera on polars", "pandera_polars", "pandera"),
    ("Great Expectations", "great_expectations", "great_expectations"),
    ("plain pandas", "plain_pandas", "pandas"),
)
REFERENCE = "pandera on pandas"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    seconds: float
    megabytes: float  # peak resident memory


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="100,000 rows only")
    arguments.add_argument("--rows", type=int, action="append", help="sizes to measure")
    arguments.add_argument("--peer-python", default=str(ROOT / "build/bench-venv/bin/python"))
    given = arguments.parse_args()
    sizes = given.rows or ([100_000] if given.quick else list(ROUNDS))
    folder = ROOT / "build" / "bench-data"
    folder.mkdir(parents=True, exist_ok=True)
    versions = {name: _version(given.peer_python, of) for name, _, of in PEERS}
    for rows in sizes:
        for form, path in made(rows, folder).items():
            costs = _measured(given.peer_python, path, ROUNDS.get(rows, 3))
            _tell(rows, form, costs, versions)


def _measured(python: str, path: Path, rounds: int) -> dict[str, list[Cost]]:
    """Every tool `rounds` times, in turns, after one round whose result does not count."""
    commands = {what: [sys.executable, "-m", "benchmarks.validation.ours", what] for what in OURS}
    for name, module, _ in PEERS:
        commands[name] = [python, "-m", f"benchmarks.validation.{module}"]
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(rounds + (rounds > 1)):
        for name, command in commands.items():
            cost = _run([*command, str(path)])
            if number or rounds == 1:
                costs[name].append(cost)
    return costs


def _run(command: list[str]) -> Cost:
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    scale = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes elsewhere
    return Cost(seconds, usage.ru_maxrss * scale / 1e6)


def _tell(rows: int, form: str, costs: dict[str, list[Cost]], versions: dict[str, str]) -> None:
    seconds = {name: median(one.seconds for one in found) for name, found in costs.items()}
    memory = {name: median(one.megabytes for one in found) for name, found in costs.items()}
    command = f"make bench ARGS='validation --rows {rows}'"
    aims = {
        "checks": (f"at most half the time of {REFERENCE}", 0.5),
        "pass": (f"at most twice the time of the checks of {REFERENCE}", 2.0),
    }
    for what, (aim, factor) in aims.items():
        report(
            name=f"validation-{what}-{rows}-{form}",
            unit="seconds",
            value=seconds[what],
            peers=[Peer(name, versions[name], seconds[name]) for name, _, _ in PEERS],
            aim=aim,
            met=seconds[what] <= factor * seconds[REFERENCE],
            command=command,
            libraries=("pyarrow", "numpy"),
            extra={"seconds": {name: [one.seconds for one in of] for name, of in costs.items()}},
        )
    report(
        name=f"validation-memory-{rows}-{form}",
        unit="MB",
        value=memory["pass"],
        peers=[Peer(name, versions[name], memory[name]) for name, _, _ in PEERS],
        aim=f"under {MEMORY_LIMIT:.0f} MB at 10,000,000 rows",
        met=memory["pass"] < MEMORY_LIMIT,
        command=command,
        libraries=("pyarrow", "numpy"),
        extra={"checks_alone": memory["checks"]},
    )


def _version(python: str, distribution: str) -> str:
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    return subprocess.check_output([python, "-c", code], text=True).strip()


if __name__ == "__main__":
    main()
