"""The same data, spec, code, libraries and seed give the same bytes, in another process too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATH = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "perennial" / "python")])
PROGRAM = """
import hashlib, json, sys
from pathlib import Path
from tests.unit.training.samples import RUN, a_spec, table, trained
from tests.unit.training.test_train import COMBINATIONS, SMALL
digests = {}
for algorithm, task in COMBINATIONS:
    if task == "multiclass":
        continue
    folder = Path(sys.argv[1]) / algorithm / task
    folder.mkdir(parents=True)
    spec = a_spec(task, algorithm, parameters=SMALL[algorithm])
    store, found = trained(folder, spec, table(400, task), seed=int(sys.argv[2]))
    data = store.read(RUN + "candidate.zip"), store.read(RUN + "holdout.parquet")
    digests[f"{algorithm} {task}"] = [hashlib.sha256(part).hexdigest() for part in data]
print(json.dumps(digests))
"""


def digests(folder: Path, seed: int, hash_seed: str) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(seed)],
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
    return digests(tmp_path_factory.mktemp("first"), 0, "0")


def test_training_twice_gives_the_same_bytes(first: dict[str, list[str]], tmp_path: Path) -> None:
    assert digests(tmp_path, 0, "0") == first


def test_another_seed_gives_another_holdout(first: dict[str, list[str]], tmp_path: Path) -> None:
    other = digests(tmp_path, 1, "0")
    assert all(other[name] != found for name, found in first.items())
