"""File scoring on one processor, beside a plain script with pyarrow and XGBoost.

Both read the same Parquet file of 20 columns and write Parquet. Ours does all that the functions
do with it: cut it, check every value, predict, write labels and probabilities of both classes,
put the chunks together. The script predicts one probability. Each measurement is a process of its
own, pinned to one processor, in turns; the whole of it counts, start and imports included.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from benchmarks.harness import Peer, median, report
from benchmarks.scoring.table import write_data, write_model

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = {1_000_000: 5, 10_000_000: 2}
AIM = 0.7


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    seconds: float
    megabytes: float  # peak resident memory


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="1 million rows only")
    arguments.add_argument("--rows", type=int, action="append", help="sizes to measure")
    given = arguments.parse_args()
    data = ROOT / "build" / "bench-data"
    data.mkdir(parents=True, exist_ok=True)
    for rows in given.rows or ([1_000_000] if given.quick else list(ROUNDS)):
        path = data / f"scoring-{rows}.parquet"
        if not path.exists():
            write_data(path, rows)
        with tempfile.TemporaryDirectory(dir=data) as name:
            write_model(Path(name))
            _tell(rows, _measured(path, Path(name), ROUNDS.get(rows, 3)))


def _measured(path: Path, folder: Path, rounds: int) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {"ours": [], "plain": []}
    for _ in range(rounds):
        for name, found in costs.items():
            found.append(_run([sys.executable, "-m", f"benchmarks.scoring.{name}", folder, path]))
            shutil.rmtree(folder / "store", ignore_errors=True)
    return costs


def _run(command: list[str | Path]) -> Cost:
    processor = max(os.sched_getaffinity(0))
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, {processor}),
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    # Time of the processor, not of the clock: others may be on it.
    used = usage.ru_utime + usage.ru_stime
    return Cost(min(seconds, used), usage.ru_maxrss / 1024)


def _tell(rows: int, costs: dict[str, list[Cost]]) -> None:
    seconds = {name: median(one.seconds for one in found) for name, found in costs.items()}
    memory = {name: median(one.megabytes for one in found) for name, found in costs.items()}
    version = metadata.version("xgboost-cpu")
    command = f"make bench ARGS='scoring --rows {rows}'"
    share = seconds["plain"] / seconds["ours"]
    report(
        name=f"scoring-{rows}",
        unit="rows per second and processor",
        value=rows / seconds["ours"],
        peers=[Peer("pyarrow + xgboost script", version, rows / seconds["plain"])],
        aim=f"at least {AIM} of the script's",
        met=share >= AIM,
        command=command,
        libraries=("pyarrow", "numpy", "xgboost-cpu"),
        extra={
            "share": share,
            "seconds": {name: [one.seconds for one in found] for name, found in costs.items()},
        },
    )
    report(
        name=f"scoring-memory-{rows}",
        unit="MB",
        value=memory["ours"],
        peers=[Peer("pyarrow + xgboost script", version, memory["plain"])],
        aim="flat: at most 20 % more at ten times the rows",
        met=_flat(rows, memory["ours"]),
        command=command,
        libraries=("pyarrow", "numpy", "xgboost-cpu"),
    )


def _flat(rows: int, megabytes: float) -> bool:
    import json

    from benchmarks.harness import RESULTS

    tenth = RESULTS / f"scoring-memory-{rows // 10}.json"
    if not tenth.exists():
        return True
    before = float(json.loads(tenth.read_text())["value"])
    return megabytes <= 1.2 * before


if __name__ == "__main__":
    main()
