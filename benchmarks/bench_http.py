"""Requests per second through one process on loopback, beside the model servers of others.

Every server has one processor to itself, one worker and the same model; the load comes from
another processor. Ours runs in the Lambda runtime client, to which the load generator is
the Lambda service: two HTTP exchanges for each request.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import Peer, median, report
from benchmarks.serving.deployment import capturing, deployed
from benchmarks.serving.load import Load, drive
from benchmarks.serving.peers import Model, Server, peers, port_settings
from benchmarks.serving.stacks import ROOT, Lambda, Stack, leave_the_processor

ROUNDS, SECONDS = 3, 2.0
CLIENTS = (1, 8)
PARITY = 1e-6  # largest difference of a probability between the stacks
OURS, CAPTURED = "perennial", "perennial, every prediction captured"
USUAL = "scikit-learn Pipeline in the Lambda runtime client"
Measured = dict[str, dict[str, list[float]]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="one short round")
    given = arguments.parse_args()
    rounds, seconds = (1, 0.5) if given.quick else (ROUNDS, SECONDS)
    leave_the_processor()
    python = str(ROOT / "build/bench-venv/bin/python")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _run(python, "-m", "benchmarks.serving.usual_model", str(folder))
        mlflow = str(ROOT / "build/bench-venv-mlflow/bin/python")
        _run(mlflow, "-W", "ignore", "-m", "benchmarks.serving.mlflow_model", str(folder))
        with deployed(folder) as environment:
            environment = {**environment, "PATH": os.environ["PATH"], **port_settings()}
            measured = _measure(folder, environment, python, rounds, seconds)
    _report(measured)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)


def _measure(
    folder: Path, environment: dict[str, str], python: str, rounds: int, seconds: float
) -> Measured:
    model = Model.of(folder)
    measured: Measured = {}
    for _ in range(rounds):
        for name, stack in _runtimes(environment, python).items():
            with stack:
                _check(_probabilities(stack.ask(model.rows[:20])[1]), model.expected[:20])
                stack.pump(model.rows[:1], seconds / 3)
                load = stack.pump(model.rows[:1], seconds)
                figures = {"per_second_1": load.per_second, "per_second_8": load.per_second}
                _note(measured, name, stack, figures, load)
        for peer in peers(model):
            with Server(peer, model, environment) as server:
                _check(server.ask(model.rows[:20])[1], model.expected[:20])
                request = server.request(model.rows[:1])
                drive(server.port, request, clients=1, seconds=seconds / 3)
                loads = [drive(server.port, request, clients=n, seconds=seconds) for n in CLIENTS]
                figures = {
                    f"per_second_{n}": load.per_second
                    for n, load in zip(CLIENTS, loads, strict=True)
                }
                _note(measured, peer.name, server, {**figures, "ready_s": server.ready}, loads[0])
    return measured


def _runtimes(environment: dict[str, str], python: str) -> dict[str, Lambda]:
    ours = [ROOT / "functions" / "predict", ROOT / "layers" / "perennial" / "python"]
    return {
        OURS: Lambda("handler.handler", ours, environment=environment),
        CAPTURED: Lambda("handler.handler", ours, environment=capturing(environment)),
        USUAL: Lambda("usual_handler.handler", [], python, environment=environment),
    }


def _note(
    measured: Measured, name: str, stack: Stack, figures: dict[str, float], one: Load
) -> None:
    ordered = sorted(one.latencies)
    figures = {
        **figures,
        "p50_ms": median(ordered),
        "p99_ms": ordered[int(len(ordered) * 0.99)],
        "memory_mb": stack.memory(),
    }
    into = measured.setdefault(name, {})
    for key, value in figures.items():
        into.setdefault(key, []).append(value)


def _probabilities(body: Any) -> list[float]:
    return [
        one["probability"] if "probability" in one else one["probabilities"]["1"]
        for one in body["predictions"]
    ]


def _check(found: list[float], expected: list[float]) -> None:
    """A fast wrong answer is no figure."""
    worst = max(abs(a - b) for a, b in zip(found, expected, strict=True))
    if worst > PARITY:
        raise SystemExit(f"the stacks disagree by {worst}")


def _report(measured: Measured) -> None:
    versions = _versions()
    medians = {
        name: {key: median(values) for key, values in figures.items()}
        for name, figures in measured.items()
    }
    for clients in CLIENTS:
        key = f"per_second_{clients}"
        ours = medians.pop(OURS) if clients == CLIENTS[-1] else medians[OURS]
        others = {
            name: figures[key] for name, figures in medians.items() if name not in (OURS, CAPTURED)
        }
        report(
            name=f"http-{clients}-client{'s' if clients > 1 else ''}",
            unit="requests/s",
            value=ours[key],
            aim="ahead of all",
            met=ours[key] > max(others.values()),
            command="make bench ARGS=http",
            peers=[Peer(name, versions[name], value) for name, value in others.items()],
            libraries=("awslambdaric", "xgboost-cpu"),
            extra={"medians": {OURS: ours, **medians}, "rounds": measured},
        )


def _versions() -> dict[str, str]:
    """The version of each server, from its own environment."""
    found = {OURS: "", CAPTURED: "", USUAL: ""}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for file in ("pipeline.joblib", "booster.ubj"):
            (folder / file).touch()
        for peer in peers(Model(folder, [], {}, [], [])):
            script = f"from importlib.metadata import version; print(version('{peer.package}'))"
            done = subprocess.run(
                [peer.python, "-c", script], capture_output=True, text=True, check=True
            )
            found[peer.name] = done.stdout.strip()
    script = "import sklearn; print(sklearn.__version__)"
    python = ROOT / "build/bench-venv/bin/python"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True)
    found[USUAL] = done.stdout.strip()
    return found


if __name__ == "__main__":
    main()
