"""A run in the layout of MLflow's file store, the folder that is usually called `mlruns`.

A copy of that folder is read by MLflow's own client and user interface, and moved into a database
by `mlflow migrate-filestore`. The layout is that of `mlflow.store.tracking.file_store`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import yaml

from perennial.registry.tracked import Point, TrackedRun

_FINISHED, _FAILED, _LOCAL = 3, 4, 4  # of MLflow's RunStatus and SourceType
_DIGITS = 10**18  # MLflow's own ids are of that size, and fit in a column of 64 bits


def experiment_id(name: str) -> str:
    """The id of an experiment: the same for the same name."""
    return str(int(hashlib.sha256(name.encode()).hexdigest(), 16) % _DIGITS)


def experiment_file(name: str, created: int, artifacts: str) -> tuple[str, bytes]:
    """The file that makes a folder an experiment, by its path.

    Args:
        name: of the experiment.
        created: milliseconds since 1970.
        artifacts: URI below which its runs keep their files.
    """
    number = experiment_id(name)
    return f"{number}/meta.yaml", _yaml(
        {
            "artifact_location": artifacts,
            "creation_time": created,
            "experiment_id": number,
            "last_update_time": created,
            "lifecycle_stage": "active",
            "name": name,
        }
    )


def run_files(run: TrackedRun) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file of a run and its children, what makes it one last."""
    for child in run.children:
        yield from run_files(child)
    folder = f"{experiment_id(run.experiment)}/{run.run_id}"
    for name, text in run.parameters.items():
        yield f"{folder}/params/{name}", text.encode()
    for name, points in _by_name(run.metrics).items():
        yield f"{folder}/metrics/{name}", _lines(points, run.ended)
    # MLflow takes a folder for a run where it finds these three in it, and so none may be empty.
    yield f"{folder}/artifacts/where.txt", f"{run.artifact_uri}\n".encode()
    for name, text in _tags(run).items():
        yield f"{folder}/tags/{name}", text.encode()
    yield f"{folder}/meta.yaml", _yaml(_meta(run))


def _tags(run: TrackedRun) -> dict[str, str]:
    return run.tags | {
        "mlflow.runName": run.name,
        "mlflow.user": run.user,
        "mlflow.source.name": "perennial",
        "mlflow.source.type": "JOB",
    }


def _meta(run: TrackedRun) -> dict[str, object]:
    return {
        "artifact_uri": run.artifact_uri,
        "end_time": run.ended,
        "entry_point_name": "",
        "experiment_id": experiment_id(run.experiment),
        "lifecycle_stage": "active",
        "run_id": run.run_id,
        "run_name": run.name,
        "run_uuid": run.run_id,
        "source_name": "",
        "source_type": _LOCAL,
        "source_version": "",
        "start_time": run.started,
        "status": _FINISHED if run.finished else _FAILED,
        "tags": [],
        "user_id": run.user,
    }


def _by_name(metrics: tuple[Point, ...]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for point in metrics:
        found.setdefault(point.name, []).append(point)
    return found


def _lines(points: list[Point], at: int) -> bytes:
    """A line for each step: time, value, step."""
    return "".join(f"{at} {point.value} {point.step}\n" for point in points).encode()


def _yaml(document: object) -> bytes:
    text: str = yaml.safe_dump(document, sort_keys=True, allow_unicode=True)
    return text.encode()
