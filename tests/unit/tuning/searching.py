"""A search without a cloud: the same steps and jobs as the workflow's, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa
from perennial.spec import ModelSpec
from perennial.training.job import Job
from perennial.training.run import silent
from perennial.training.trials import run_trials
from perennial.tuning.budget import JobSize
from perennial.tuning.files import SearchFiles
from perennial.tuning.records import Search
from perennial.tuning.step import Step, next_step

from tests.unit.training.samples import RUN, FolderStore, a_spec, put_job, table

_FRESH = get_context("forkserver")
_FRESH.set_forkserver_preload(
    ["tests.unit.tuning.searching", "perennial.training.boosting", "perennial.training.linear"]
)

SIZE = JobSize(vcpus=1, gib=2)
TREES = {
    "algorithm": "xgboost",
    "parameters": {
        "max_depth": {"low": 1, "high": 4},
        "learning_rate": {"low": 0.05, "high": 0.5, "scale": "log"},
        "subsample": [0.6, 1.0],
    },
    "fixed": {"num_boost_round": 8},
}
LINES = {
    "algorithm": "logistic_regression",
    "parameters": {"C": {"low": 0.01, "high": 10.0, "scale": "log"}},
}


def a_search(**given: Any) -> ModelSpec:
    """A small spec with a search; `given` is for its section `tuning`."""
    spec: dict[str, Any] = given.pop("spec", {})
    tuning = {
        "method": "random",
        "trials": 6,
        "trials_per_round": 3,
        "trials_per_job": 2,
        "search": [TREES, LINES],
    } | given
    shared = {"parameters": {"num_boost_round": 8}, "data": {"minimum_rows": 20}}
    return a_spec(spec.pop("task", "binary"), tuning=tuning, **(shared | spec))


def begun(folder: Path, spec: ModelSpec, data: pa.Table | None = None) -> tuple[FolderStore, Job]:
    """A run whose data has been accepted, and whose search can begin."""
    store = FolderStore(folder / "store")
    data = table(240, spec.task.value) if data is None else data
    return store, put_job(store, spec, data, seed=spec.split.seed)


def step(store: FolderStore, ran: int, usage: dict[str, float] | None = None) -> Step:
    return next_step(SearchFiles(RUN, store), ran, usage or {}, SIZE, time.time)


def run_job(
    store: FolderStore, job: Job, folder: Path, round_number: int, numbers: tuple[int, ...]
) -> None:
    """One job, in a process that has fitted nothing yet: OpenMP's threads survive no fork."""
    folder.mkdir(exist_ok=True, parents=True)
    inside(_job, store, job, folder, round_number, numbers)


def inside(work: Callable[..., object], *arguments: object) -> None:
    """Do something in a fresh process, forked from one that has the libraries loaded."""
    process = _FRESH.Process(target=work, args=arguments)
    process.start()
    process.join(300)
    if process.exitcode is None:
        process.kill()
    assert process.exitcode == 0


def _job(
    store: FolderStore, job: Job, folder: Path, round_number: int, numbers: tuple[int, ...]
) -> None:
    run_trials(
        job,
        RUN,
        store,
        folder,
        round_number=round_number,
        numbers=numbers,
        threads=1,
        progress=silent,
    )


def run_round(store: FolderStore, job: Job, folder: Path, found: Step) -> None:
    for numbers in found.jobs:
        run_job(store, job, folder, found.round, numbers)


def searched(folder: Path, spec: ModelSpec, data: pa.Table | None = None) -> Search:
    """Run a search to its end."""
    store, job = begun(folder, spec, data)
    return finished(store, job, folder)


def finished(store: FolderStore, job: Job, folder: Path, ran: int = 0) -> Search:
    """Run what is left of a search."""
    while not (found := step(store, ran)).ended:
        run_round(store, job, folder / "work", found)
        ran = found.round
    search = SearchFiles(RUN, store).search()
    assert search is not None
    return search
