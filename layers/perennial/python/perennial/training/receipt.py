"""The receipt of a run: what went into it, hashed before anything is fitted."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import perennial
from perennial.training.job import Job

LIBRARIES = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "xgboost-cpu")
# What can change a result without being in the code, the data or the lock file.
ENVIRONMENT = (
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OMP_SCHEDULE",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "PERENNIAL_IMAGE",
    "PERENNIAL_LIBXGBOOST",
    "PYTHONHASHSEED",
)


def receipt_of(job: Job, *, threads: int, lock: Path | None) -> dict[str, Any]:
    """Everything that decides the result, and a digest over it.

    Args:
        job: what is to be done.
        threads: that will fit.
        lock: the lock file the libraries were installed from, where there is one.
    """
    content = {
        "format": 1,
        "model": job.model,
        "dataset_digest": job.dataset.digest,
        "spec_digest": job.spec_digest,
        "code": {
            "version": job.code.version,
            "deployed": job.code.digest,  # of the assets, when the run began
            "running": source_digest(Path(perennial.__file__).parent),  # what really runs here
        },
        "lock_digest": None if lock is None or not lock.is_file() else _digest(lock.read_bytes()),
        "image": os.environ.get("PERENNIAL_IMAGE"),
        "python": platform.python_version(),
        "libraries": libraries(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "seed": job.seed,
        "threads": threads,
        "environment": {name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return {**content, "run_id": job.run_id, "digest": _digest(canonical.encode())}


def libraries() -> dict[str, str]:
    """Versions of what computes the result."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def source_digest(folder: Path) -> str:
    """SHA-256 over path and content of every Python file below a folder."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder).as_posix()
        whole.update(f"{relative}\0{_digest(path.read_bytes())}\n".encode())
    return whole.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
