"""The handler's own time beside the C library's, for one row and a thousand, and how it grows."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import Peer, median, report
from benchmarks.serving.deployment import capturing, deployed
from benchmarks.serving.grown_model import write_model
from benchmarks.serving.stacks import HERE, PROCESSOR, ROOT, Lambda, leave_the_processor

# Trees and features; the first is the one the aims are about.
SIZES = ((200, 18), (1000, 18), (5000, 18), (200, 10), (200, 100), (200, 1000))
ROUNDS = 3
PATHS = [ROOT / "functions" / "predict", ROOT / "layers" / "perennial" / "python"]
Figures = dict[str, float]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="one short round, one size")
    given = arguments.parse_args()
    leave_the_processor()
    grown: list[dict[str, Any]] = []
    for trees, features in SIZES[:1] if given.quick else SIZES:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_model(folder, trees=trees, features=features)
            with deployed(folder) as environment:
                figures = _measure(folder, environment, quick=given.quick)
        grown.append({"trees": trees, "features": features, **figures})
        sys.stdout.write(f"{trees} trees, {features} features: {figures}\n")
    _report(grown)


def _measure(folder: Path, environment: dict[str, str], *, quick: bool) -> Figures:
    """Medians over rounds, each with a process of its own, in milliseconds."""
    environment = {**environment, "PATH": os.environ["PATH"]}
    rounds: dict[str, list[float]] = {}
    for _ in range(1 if quick else ROUNDS):
        for name, value in _one_round(folder, environment, quick=quick).items():
            rounds.setdefault(name, []).append(value)
    return {name: median(values) for name, values in rounds.items()}


def _one_round(folder: Path, environment: dict[str, str], *, quick: bool) -> Figures:
    figures = _calls(folder, environment, quick=quick)
    captured = _calls(folder, capturing(environment), quick=quick)
    for name in ("one_row", "one_row_p99", "thousand_rows"):
        if name in captured:
            figures[f"{name}_captured"] = captured[name]
    rows = json.loads((folder / "model.json").read_text(encoding="utf-8"))["rows"]
    with Lambda("handler.handler", PATHS, environment=environment) as stack:
        arrived, _ = stack.ask(rows[:1])
        figures["first_answer"] = (arrived - stack.started) * 1e3
    return figures


def _calls(folder: Path, environment: dict[str, str], *, quick: bool) -> Figures:
    pinned = [] if PROCESSOR is None else ["taskset", "-c", str(PROCESSOR)]
    script = [str(HERE / "handler_calls.py"), str(folder), *(["--quick"] if quick else [])]
    done = subprocess.run(
        [*pinned, sys.executable, *script],
        env={**environment, "PYTHONPATH": os.pathsep.join(map(str, PATHS))},
        stdout=subprocess.PIPE,
        check=True,
    )
    told: dict[str, list[float]] = json.loads(done.stdout)
    figures = {name: median(values) for name, values in told.items()}
    for name in ("one_row", "c_call"):
        figures[f"{name}_p99"] = told[name][int(len(told[name]) * 0.99)]
    return figures


def _report(grown: list[dict[str, Any]]) -> None:
    base = grown[0]
    for name, ours, theirs, peer, limit in (
        ("handler-one-row-p50", "one_row", "c_call", "the C library's own call", 1.5),
        ("handler-one-row-p99", "one_row_p99", "c_call_p99", "the C library's own call", 1.5),
        ("handler-thousand-rows", "thousand_rows", "inplace_predict", "inplace_predict", 1.3),
        (
            "handler-thousand-rows-in-tensors",
            "thousand_rows_in_tensors",
            "inplace_predict",
            "inplace_predict",
            1.3,
        ),
    ):
        ratio = base[ours] / base[theirs]
        report(
            name=name,
            unit="ms",
            value=base[ours],
            aim=f"at most {limit} times {peer}",
            met=ratio <= limit,
            command="make bench ARGS=handler",
            peers=[Peer(peer, "xgboost 3.2.0", base[theirs])],
            libraries=("xgboost-cpu",),
            extra={"ratio": ratio, "growth": grown},
        )


if __name__ == "__main__":
    main()
