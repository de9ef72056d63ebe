"""Drift reports beside Evidently's: false alarms, power, rows per second and memory.

Both judge the same windows, drawn from seeds. Evidently is asked for what it does by default.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drift import folder
from benchmarks.drift.columns import drawn
from benchmarks.drift.measures import PEER, ROOT, EvidentlySide, Rate, false_alarms, found
from benchmarks.drift.ours import profile_of
from benchmarks.drift.trials import Trial, changes
from benchmarks.harness import Peer, report

COMMAND = "make bench ARGS=drift"
LARGE = 100_000  # rows of a large reference
# Repetitions without drift, by rows of the window: ours with either reference, and Evidently's.
WITHOUT = {
    100: (5_000, 60),
    200: (5_000, 60),
    500: (400, 60),
    1_000: (400, 60),
    5_000: (200, 60),
    20_000: (100, 40),
    100_000: (40, 0),
    1_000_000: (6, 0),
}
POWER_ROWS, POWER_REPETITIONS = (1_000, 5_000, 20_000), 40
SIZES = (100_000, 1_000_000, 10_000_000)
PEER_SIZES = (100_000, 1_000_000)
FASTER = 20  # times Evidently's rows per second, at a million


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took, from its start to its end."""

    seconds: float
    megabytes: float  # peak resident memory


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a tenth, no 10,000,000 rows")
    arguments.add_argument("--share", type=float, help="share of the repetitions")
    arguments.add_argument("--only", choices=("trials", "speed"), help="one half of it")
    given = arguments.parse_args()
    version = _version()
    if given.only != "speed":
        _measure_trials(given.share or (0.1 if given.quick else 1.0), version)
    if given.only != "trials":
        _tell_throughput(SIZES[:2] if given.quick else SIZES, version)


def _measure_trials(share: float, version: str) -> None:
    without, power = _trials(share)
    theirs = EvidentlySide([t for t, peer in without if peer] + power)
    ours_without = [(trial, false_alarms(trial)) for trial, peer in without if not peer]
    ours_power = [(trial, found(trial)) for trial in power]
    rates = theirs.rates()
    peers_without = [(trial, next(rates)) for trial, peer in without if peer]
    peers_power = list(zip(power, rates, strict=True))
    _tell_false_alarms(ours_without, peers_without, version)
    _tell_power(ours_power, peers_power, peers_without, version)


def _trials(share: float) -> tuple[list[tuple[Trial, bool]], list[Trial]]:
    """Trials without drift, each for ours (false) or for Evidently (true), and those with one."""
    without = []
    for rows, (ours, peer) in WITHOUT.items():
        times = max(2, round(ours * share))
        without += [(Trial(of, rows, times), False) for of in sorted({rows, LARGE})]
        if peer:
            without.append((Trial(rows, rows, max(2, round(peer * share))), True))
    each = max(2, round(POWER_REPETITIONS * share))
    power = [Trial(rows, rows, each, change) for rows in POWER_ROWS for change in changes()]
    return without, power


def _document(trial: Trial, rate: Rate) -> dict[str, Any]:
    kind = {"change": trial.change.kind, "size": trial.change.size}
    return {"reference": trial.reference, "rows": trial.rows, **kind, **rate.document()}


def _tell_false_alarms(
    ours: list[tuple[Trial, Rate]], peers: list[tuple[Trial, Rate]], version: str
) -> None:
    total = Rate(sum(r.hits for _, r in ours), sum(r.of for _, r in ours))
    others = Rate(sum(r.hits for _, r in peers), sum(r.of for _, r in peers))
    report(
        name="drift",
        unit="% of reports without drift that alarm",
        value=100 * total.share,
        peers=[Peer("Evidently", version, 100 * others.share)],
        aim="under 1 % of all reports, and at no size of the window more but by chance",
        met=total.share < 0.01 and all(rate.document()["low"] < 0.01 for _, rate in ours),
        command=COMMAND,
        libraries=("numpy", "pyarrow"),
        extra={
            "ours": [_document(*one) for one in ours],
            "evidently": [_document(*one) for one in peers],
        },
    )


def _tell_power(
    ours: list[tuple[Trial, Rate]],
    peers: list[tuple[Trial, Rate]],
    without: list[tuple[Trial, Rate]],
    version: str,
) -> None:
    """The aim is over those windows for which Evidently itself seldom alarms without drift."""
    fair = {trial.rows for trial, rate in without if rate.share < 0.05}
    both = [
        (trial, mine.share, theirs.share)
        for (trial, mine), (_, theirs) in zip(ours, peers, strict=True)
        if trial.rows in fair
    ]
    report(
        name="drift-power",
        unit="% of changes found, all kinds and sizes",
        value=100 * float(np.mean([mine for _, mine, _ in both] or [0.0])),
        peers=[Peer("Evidently", version, 100 * float(np.mean([t for *_, t in both] or [0.0])))],
        aim="each at least as often as Evidently, where that alarms falsely under 5 %",
        met=all(mine >= theirs for _, mine, theirs in both),
        command=COMMAND,
        libraries=("numpy", "pyarrow"),
        extra={
            "fair": sorted(fair),
            "ours": [_document(*one) for one in ours],
            "evidently": [_document(*one) for one in peers],
        },
    )


def _tell_throughput(sizes: tuple[int, ...], version: str) -> None:
    place = ROOT / "build" / "bench-data" / "drift"
    place.mkdir(parents=True, exist_ok=True)
    profile = place / "profile.json"
    if not profile.is_file():
        columns = drawn(np.random.default_rng(0), LARGE)
        profile.write_text(profile_of(columns).model_dump_json(), encoding="utf-8")
    ours, theirs = {}, {}
    for rows in sizes:
        captures = folder.captures(rows, place)
        command = [sys.executable, "-m", "benchmarks.drift.pass_over", str(captures), str(profile)]
        ours[rows] = _run(command)
        if rows in PEER_SIZES:
            tables = [folder.frame(LARGE, place, "r", 1), folder.frame(rows, place, "c", 2)]
            paths = [str(path) for path in tables]
            side = "benchmarks.drift.evidently_side"
            theirs[rows] = _run([str(PEER), "-m", side, "report", *paths])
    at = 1_000_000
    mine, other = (at / found[at].seconds for found in (ours, theirs))
    report(
        name="drift-rows-per-second",
        unit="rows per second",
        value=mine,
        peers=[Peer("Evidently", version, other)],
        aim=f"{FASTER} times Evidently's, at {at:,} rows of 20 columns, process start included",
        met=mine >= FASTER * other,
        command=COMMAND,
        libraries=("numpy", "pyarrow"),
        extra={
            "ours": [_cost(rows, cost) for rows, cost in ours.items()],
            "evidently": [_cost(rows, cost) for rows, cost in theirs.items()],
        },
    )


def _cost(rows: int, cost: Cost) -> dict[str, float]:
    per_second = rows / cost.seconds
    return {
        "rows": rows,
        "seconds": cost.seconds,
        "megabytes": cost.megabytes,
        "per_second": per_second,
    }


# Starts a command and tells what it took. What the parent held counts for a child on Linux, until
# it is another program: so the parent is a small one.
_LAUNCHER = """
import resource, subprocess, sys, time
began = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
took = time.perf_counter() - began
print(took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def _run(command: list[str]) -> Cost:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "layers" / "perennial" / "python")}
    done = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    seconds, peak = done.stdout.split()
    scale = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes elsewhere
    return Cost(float(seconds), int(peak) * scale / 1e6)


def _version() -> str:
    code = "from importlib.metadata import version; print(version('evidently'))"
    if not Path(PEER).is_file():
        raise SystemExit(f"there is no {PEER}; make bench makes it")
    return subprocess.check_output([str(PEER), "-c", code], text=True).strip()


if __name__ == "__main__":
    main()
