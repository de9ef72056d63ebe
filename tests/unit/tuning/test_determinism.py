"""One seed, one result: however many jobs run at once and however trials are divided among them."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from perennial.serving.artifact import digest_of
from perennial.training.job import Job
from perennial.training.run import silent, train

from tests.unit.training.samples import RUN, FolderStore, table
from tests.unit.tuning.searching import a_search, begun, inside, run_job, step


def search(folder: Path, *, jobs_at_once: int, trials_per_job: int) -> dict[str, Any]:
    """What is found, but for the seconds and money it took; and the artifact that is trained."""
    spec = a_search(
        method="bayesian",
        trials=8,
        trials_per_round=4,
        trials_per_job=trials_per_job,
        concurrency=jobs_at_once,
        cross_validation={"folds": 2},
    )
    store, job = begun(folder, spec, table(120, "binary"))
    ran = 0
    while not (found := step(store, ran)).ended:
        ran = found.round
        with ThreadPoolExecutor(found.concurrency) as pool:
            # The last job first: the order in which trials end is another one, too.
            given = [(folder / str(n), numbers) for n, numbers in enumerate(found.jobs)]
            share = itertools.repeat((store, job, ran))
            list(pool.map(_one, zip(reversed(given), share, strict=False)))
    inside(_trained, store, job, folder)
    document = json.loads(store.read(RUN + "search.json"))
    trials = [{**one, "seconds": 0} for one in document["trials"]]
    return {"trials": trials, "best": document["best"], "artifact": _artifact(store)}


def _artifact(store: FolderStore) -> dict[str, str]:
    """Its entries, but for the digest of the spec: that says how trials were to be divided."""
    with zipfile.ZipFile(io.BytesIO(store.read(RUN + "candidate.zip"))) as whole:
        entries = {name: whole.read(name) for name in whole.namelist()}
    manifest = json.loads(entries["artifact.json"])
    del manifest["training"]["spec_digest"]
    entries["artifact.json"] = json.dumps(manifest).encode()
    return {name: digest_of(body) for name, body in entries.items()}


def _one(given: tuple[tuple[Path, tuple[int, ...]], tuple[FolderStore, Job, int]]) -> None:
    (folder, numbers), (store, job, number) = given
    run_job(store, job, folder, number, numbers)


def _trained(store: FolderStore, job: Job, folder: Path) -> None:
    train(job, RUN, store, folder, threads=1, progress=silent)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return search(tmp_path_factory.mktemp("alone"), jobs_at_once=1, trials_per_job=4)


@pytest.mark.parametrize(("jobs_at_once", "trials_per_job"), [(2, 2), (8, 1)])
def test_a_search_finds_the_same_whatever_its_parallelism(
    tmp_path: Path, alone: dict[str, Any], jobs_at_once: int, trials_per_job: int
) -> None:
    found = search(tmp_path, jobs_at_once=jobs_at_once, trials_per_job=trials_per_job)
    assert found == alone
