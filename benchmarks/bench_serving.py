"""Start-up and one-row latency of the predict function, beside what is usual.

Every stack runs in a process of its own, pinned to one processor; the emulator, which holds
route, artifact and pipeline, and this script have the others. All serve the same XGBoost model.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.harness import Peer, median, report
from benchmarks.serving.deployment import deployed
from benchmarks.serving.stacks import ROOT, FastApi, Lambda, Stack, leave_the_processor

ROUNDS, REQUESTS, MANY = 9, 500, 1000
FIRST_LIMIT = 150.0  # milliseconds
SHARE_LIMIT = 0.1  # of the usual stack's
PARITY = 1e-6  # largest difference of a probability between the stacks
FLOOR_LIMIT = 4.0  # times the runtime client alone
OURS, USUAL, WEB = "perennial", "scikit-learn Pipeline on Lambda", "FastAPI and uvicorn"
FLOOR = "the runtime client alone"
LIBRARIES = ("awslambdaric", "xgboost-cpu", "scikit-learn", "pandas", "boto3")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="three rounds")
    arguments.add_argument("--peer-python", default=str(ROOT / "build/bench-venv/bin/python"))
    given = arguments.parse_args()
    leave_the_processor()
    rounds, requests = (3, 50) if given.quick else (ROUNDS, REQUESTS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        subprocess.run(
            [given.peer_python, "-m", "benchmarks.serving.usual_model", str(folder)],
            check=True,
            cwd=ROOT,
        )
        with deployed(folder) as environment:
            measured = _measure(folder, environment, given.peer_python, rounds, requests)
    _report(measured, given.peer_python)


def _measure(
    folder: Path, environment: dict[str, str], python: str, rounds: int, requests: int
) -> dict[str, dict[str, list[float]]]:
    """By stack, what `_one_round` has measured, a figure per round."""
    told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    environment = {**environment, "PATH": os.environ["PATH"]}
    measured: dict[str, dict[str, list[float]]] = {
        name: {"first": [], "processor": [], "later": [], "thousand": [], "memory": []}
        for name in (OURS, USUAL, WEB)
    }
    measured[FLOOR] = {"first": []}
    for number in range(rounds + 1):
        stacks: dict[str, Stack] = {
            OURS: Lambda(
                "handler.handler",
                [ROOT / "functions" / "predict", ROOT / "layers" / "perennial" / "python"],
                environment=environment,
            ),
            USUAL: Lambda("usual_handler.handler", [], python, environment=environment),
            WEB: FastApi(python, environment),
        }
        for name, stack in stacks.items():
            with stack:
                # The first round fills the caches of disk and emulator, for all of them alike.
                into = measured[name] if number else {key: [] for key in measured[name]}
                _one_round(stack, told, requests, into)
        with Lambda("noop_handler.handler", [], environment=environment) as stack:
            arrived, _ = stack.ask([])
            if number:
                measured[FLOOR]["first"].append((arrived - stack.started) * 1e3)
    return measured


def _one_round(
    stack: Stack, told: dict[str, Any], requests: int, into: dict[str, list[float]]
) -> None:
    """Ask one stack, from its start on.

    Appends milliseconds to the first answer and on a processor until then, to a later answer of
    one row and of a thousand (medians), and megabytes of memory in the end.
    """
    rows = told["rows"]
    arrived, body = stack.ask(rows[:1])
    _check(body, told["expected"][:1])
    into["first"].append((arrived - stack.started) * 1e3)
    into["processor"].append(stack.processor_time())
    later = []
    for number in range(requests):
        one = number % len(rows)
        later.append(_timed(stack, [rows[one]], [told["expected"][one]]))
    into["later"].append(median(later))
    many, expected = (rows * 5)[:MANY], (told["expected"] * 5)[:MANY]
    into["thousand"].append(median(_timed(stack, many, expected) for _ in range(5)))
    into["memory"].append(stack.memory())


def _timed(stack: Stack, rows: list[dict[str, Any]], expected: list[float]) -> float:
    asked = time.perf_counter()
    arrived, body = stack.ask(rows)
    _check(body, expected)
    return (arrived - asked) * 1e3


def _check(body: dict[str, Any], expected: list[float]) -> None:
    """A fast wrong answer is no figure."""
    for one, wanted in zip(body["predictions"], expected, strict=True):
        found = one["probability"] if "probability" in one else one["probabilities"]["1"]
        if abs(found - wanted) > PARITY:
            raise SystemExit(f"the stacks disagree: {found} and {wanted}")


def _report(measured: dict[str, dict[str, list[float]]], python: str) -> None:
    versions = _versions(python)
    floor = median(measured.pop(FLOOR)["first"])
    first = median(measured[OURS]["first"])
    report(
        name="serving-first-answer-over-the-floor",
        unit="ms",
        value=first,
        aim=f"at most {FLOOR_LIMIT:.0f} times {FLOOR}",
        met=first <= FLOOR_LIMIT * floor,
        command="make bench ARGS=serving",
        peers=[Peer(FLOOR, metadata.version("awslambdaric"), floor)],
        libraries=("awslambdaric", "xgboost-cpu"),
        extra={"ratio": first / floor},
    )
    for name, unit, key, aim in (
        ("serving-first-answer", "ms", "first", "under 150 ms and a tenth of the usual stack"),
        ("serving-one-row", "ms", "later", "a tenth of the usual stack"),
    ):
        values = {stack: median(series[key]) for stack, series in measured.items()}
        share = values[OURS] / values[USUAL]
        met = share <= SHARE_LIMIT and (key != "first" or values[OURS] < FIRST_LIMIT)
        report(
            name=name,
            unit=unit,
            value=values[OURS],
            aim=aim,
            met=met,
            command=f"make bench ARGS=serving  # {name}",
            peers=[Peer(peer, versions[peer], values[peer]) for peer in (USUAL, WEB)],
            libraries=LIBRARIES,
            extra={
                "share_of_usual": share,
                "rounds": measured,
                "first_answer_processor_ms": {
                    s: median(series["processor"]) for s, series in measured.items()
                },
                "memory_mb": {s: median(series["memory"]) for s, series in measured.items()},
                "thousand_rows_ms": {
                    s: median(series["thousand"]) for s, series in measured.items()
                },
            },
        )


def _versions(python: str) -> dict[str, str]:
    script = "import fastapi, sklearn; print(sklearn.__version__, fastapi.__version__)"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True)
    sklearn, fastapi = done.stdout.split()
    return {USUAL: sklearn, WEB: fastapi, OURS: metadata.version("perennial-mlops")}


if __name__ == "__main__":
    main()
