"""A container that trains XGBoost does not wait for libraries it has no use for."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.unit.training.samples import RUN, FolderStore, a_spec, put_job, table, trained

ROOT = Path(__file__).parents[3]
PATH = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "perennial" / "python")])
HEAVY = {"scipy.stats", "sklearn"}
PROGRAM = f"""
import json, sys
from pathlib import Path
from functions.train.entrypoint import main
from tests.unit.training.samples import RUN, FolderStore
code = main(["--run-uri", RUN], FolderStore(Path(sys.argv[1])), alone=True)
print(json.dumps([code, sorted({HEAVY!r} & set(sys.modules))]))
"""


def trees(store: FolderStore) -> str:
    with zipfile.ZipFile(store.path(RUN + "candidate.zip")) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".ubj"))
        return hashlib.sha256(archive.read(name)).hexdigest()


def test_a_container_imports_no_scikit_learn_and_fits_the_same_trees(tmp_path: Path) -> None:
    spec, rows = a_spec("binary", parameters={"num_boost_round": 5}), table(300, "binary")
    store = FolderStore(tmp_path / "alone")
    put_job(store, spec, rows)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(store.root)],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": PATH, "PERENNIAL_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]
    folder = tmp_path / "here"
    folder.mkdir()
    assert trees(trained(folder, spec, rows)[0]) == trees(store)
