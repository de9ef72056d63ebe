"""The same data, spec, code, libraries and seed give the same bytes, in another process too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from perennial.spec import Algorithm
from perennial.training.run import silent
from perennial.training.scikit import fitting, steady
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[3]
PATH = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "perennial" / "python")])
PROGRAM = """
import hashlib, json, sys
from pathlib import Path
from tests.unit.pipelines.samples import spec_of, usual
from tests.unit.training.samples import RUN, a_spec, table, trained
from tests.unit.training.test_train import COMBINATIONS, SMALL
digests = {}
for algorithm, task in COMBINATIONS:
    if task == "multiclass" or algorithm not in sys.argv[4:]:
        continue
    folder = Path(sys.argv[1]) / algorithm / task
    folder.mkdir(parents=True)
    spec = a_spec(task, algorithm, parameters=SMALL[algorithm])
    given = {"seed": int(sys.argv[2]), "threads": int(sys.argv[3])}
    store, found = trained(folder, spec, table(400, task), **given)
    data = store.read(RUN + "candidate.zip"), store.read(RUN + "holdout.parquet")
    digests[f"{algorithm} {task}"] = [hashlib.sha256(part).hexdigest() for part in data]
for final in ("ExtraTreesClassifier(9, n_jobs=4)", "KNeighborsClassifier()"):
    if "pipeline" not in sys.argv[4:]:
        continue
    folder = Path(sys.argv[1]) / final[:5]
    folder.mkdir()
    spec = spec_of("binary", usual(final))
    store, found = trained(folder, spec, table(240, "binary"), **given)
    data = store.read(RUN + "candidate.zip"), store.read(RUN + "holdout.parquet")
    digests[f"pipeline {final}"] = [hashlib.sha256(part).hexdigest() for part in data]
print(json.dumps(digests))
"""


def digests(
    folder: Path,
    seed: int,
    hash_seed: str = "0",
    threads: int = 1,
    algorithms: Sequence[str] = tuple(Algorithm),
) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(seed), str(threads), *algorithms],
        cwd=ROOT,
        env={"PATH": "", "PYTHONHASHSEED": hash_seed, "PYTHONPATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return digests(tmp_path_factory.mktemp("first"), 0)


def test_every_algorithm_and_pipelines_are_held_to_this(first: dict[str, list[str]]) -> None:
    assert {name.split()[0] for name in first} == {one.value for one in Algorithm}


def test_training_again_with_another_number_of_threads_gives_the_same_bytes(
    first: dict[str, list[str]], tmp_path: Path
) -> None:
    assert digests(tmp_path, 0, "5", threads=3) == first


def test_another_seed_gives_another_holdout(first: dict[str, list[str]], tmp_path: Path) -> None:
    other = digests(tmp_path, 1, algorithms=("xgboost", "ridge"))
    assert len(other) == 3
    assert all(first[name][1] != holdout for name, (_, holdout) in other.items())


def test_no_fit_of_scikit_learn_depends_on_the_threads_of_blas() -> None:
    random = np.random.default_rng(0)
    columns = random.normal(size=(100_000, 30))
    target = columns[:, 0] + random.normal(size=100_000)
    with threadpool_limits(1):
        alone = Ridge().fit(columns, target).coef_.tobytes()
    found = []
    for threads in (1, 2, 4):
        with threadpool_limits(4), fitting("ridge", threads, silent):
            found.append(Ridge().fit(columns, target).coef_.tobytes())
    assert set(found) == {alone}


def test_a_forest_answers_the_same_each_time_whatever_its_threads() -> None:
    columns = np.random.default_rng(0).normal(size=(40, 4))
    forest = ExtraTreesClassifier(10, min_samples_leaf=3, n_jobs=3, random_state=0)
    model = make_pipeline(forest).fit(columns, columns[:, 0] + columns[:, 1] > 0)
    steady(model)
    found = {model.predict_proba(columns).tobytes() for _ in range(100)}
    assert len(found) == 1
