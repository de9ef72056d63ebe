"""The receipt of a run: what goes into it, hashed and written before anything is fitted."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from pathlib import Path

from perennial.errors import TrainingFailed
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.receipt import Receipt, digest_of, read_receipt
from perennial.training.image import image_of
from perennial.training.job import Job
from perennial.training.machine import processor, workers
from perennial.training.sources import file_digest, running_code

LIBRARIES = (
    "fairlearn",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "threadpoolctl",
    "xgboost-cpu",
)
# What can change a result without being in the code, the data or the lock file.
ENVIRONMENT = (
    "GLIBC_TUNABLES",  # glibc chooses its logarithms by them
    "MKL_NUM_THREADS",
    "NPY_DISABLE_CPU_FEATURES",
    "OMP_NUM_THREADS",
    "OMP_SCHEDULE",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "PERENNIAL_LIBXGBOOST",
    "PYTHONHASHSEED",
)
# What another attempt at the same run may find otherwise: Fargate gives it another machine.
OF_THE_MACHINE = frozenset({"cpu", "workers", "threads"})


def receipt_of(
    job: Job, *, threads: int, lock: Path | None, search_digest: str | None = None
) -> Receipt:
    """Everything that decides the result, and a digest over it.

    Args:
        job: what is to be done.
        threads: that will fit.
        lock: the lock file the libraries were installed from, where there is one.
        search_digest: SHA-256 of the `search.json` the parameters are from, where there was one.

    Raises:
        Unavailable: ECS does not say which image this container runs.
    """
    locked = None if lock is None or not lock.is_file() else file_digest(lock)
    content = {
        "format": 2,
        "model": job.model,
        "dataset_digest": job.dataset.digest,
        "spec_digest": job.spec_digest,
        "spec": job.spec.model_dump(mode="json"),
        "search_digest": search_digest,
        "seed": job.seed,
        "code": {
            "version": job.code.version,
            "commit": job.code.commit,  # of the checkout deployed; "-dirty" where it was changed
            "deployed": job.code.digest,  # of the assets, when the run began
            "running": running_code(),  # what really runs here
        },
        "lock_digest": locked,
        "image": image_of(os.environ, running_code(), locked),
        "python": platform.python_version(),
        "libraries": libraries(),
        "system": platform.system(),
        "cpu": processor(),
        "workers": workers(),
        "threads": threads,
        "environment": {name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
    }
    return {**content, "run_id": job.run_id, "digest": digest_of(content)}


def keep_receipt(receipt: Receipt, run_uri: str, store: ObjectStore) -> str:
    """Write the receipt once; the name it has beside the run.

    A further attempt of the same run must bring the same; only the machine may be another, and
    then its receipt lies beside the first.

    Raises:
        TrainingFailed: the run began with something else.
        Unavailable: the store does not answer.
    """
    body = (json.dumps(receipt, indent=2, ensure_ascii=False) + "\n").encode()
    store.write(run_uri + layout.RECEIPT, body, "application/json", once=True)
    first = read_receipt(store.read(run_uri + layout.RECEIPT))
    if first["digest"] == receipt["digest"]:
        return layout.RECEIPT
    other = sorted(
        name
        for name in first.keys() | receipt.keys()
        if name not in ("digest", "run_id") and first.get(name) != receipt.get(name)
    )
    if not OF_THE_MACHINE.issuperset(other):
        raise TrainingFailed(
            f"the run began with another {', '.join(other)} and cannot be gone on with; "
            "upload the file anew"
        )
    name = layout.further_receipt(receipt["digest"])
    store.write(run_uri + name, body, "application/json", once=True)
    return name


def libraries() -> dict[str, str]:
    """Versions of what computes the result."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
