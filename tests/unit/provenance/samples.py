"""A version as a run leaves it, in a folder: trained, registered, with receipt and sources."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from perennial.registry import layout
from perennial.registry.records import Version
from perennial.spec import ModelSpec
from perennial.training.run import train
from perennial.training.sources import keep_sources

from cli.retraining import Folder
from tests.fakes.records import a_version
from tests.unit.training.samples import put_job

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / "layers" / "perennial" / "python"
LOCK = ROOT / "functions" / "train" / "requirements.lock"


def registered(folder: Path, spec: ModelSpec, data: pa.Table, **given: Any) -> Version:
    """Train and register by hand; the objects lie in `folder/store`."""
    store = Folder(folder / "store")
    seed = spec.split.seed
    job = put_job(store, spec, data, seed=seed)
    prefix = f"s3://data/{layout.dataset_prefix('m', job.dataset.digest)}"
    store.write(prefix + layout.DATA, store.read(job.dataset.uri), "")
    run = "s3://data/" + layout.run_prefix("m", job.run_id)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    if search := given.get("search"):
        store.write(run + layout.SEARCH, search, "")
    keep_sources("data", LOCK, store)
    found = train(job, run, store, work, threads=given.get("threads", 1), lock=LOCK)
    artifact = store.read(run + layout.CANDIDATE)
    digest = hashlib.sha256(artifact).hexdigest()
    place = f"s3://artifacts/{layout.artifact_key('m', digest)}"
    store.write(place, artifact, "")
    receipt = store.read(run + found["receipt"])
    evidence = f"s3://artifacts/{layout.evidence_prefix('m', 1)}{layout.RECEIPT}"
    store.write(evidence, receipt, "")
    return a_version(
        job.run_id,
        model="m",
        number=1,
        artifact_digest=digest,
        artifact_uri=place,
        dataset_digest=job.dataset.digest,
        spec_digest=job.spec_digest,
        receipt_uri=run + found["receipt"],
        receipt_digest=json.loads(receipt)["digest"],
    )
