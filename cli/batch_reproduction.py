"""Trains again where the version was trained: a job in the deployment's own queue."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from perennial.registry import layout
from perennial.registry.objects import ObjectStore

from cli.exits import CommandError, Exit
from cli.outputs import Deployment

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient

    from cli.evidence import Evidence

_TRAINED = (layout.CANDIDATE, layout.HOLDOUT, layout.TRAINING_JSON)
_ENDED = ("SUCCEEDED", "FAILED")


def train_in_batch(evidence: Evidence, deployment: Deployment, store: ObjectStore) -> None:
    """Run the job and fetch what it left, to where a training here would have left it.

    It works below a prefix of its own, and nothing is registered. The image is the one that is
    deployed now.

    Raises:
        CommandError: the job did not come to its end; the message says why.
    """
    bucket, _ = layout.split_uri(evidence.run_uri)
    model, run_id = evidence.version.model, f"reproduction-{uuid.uuid4().hex[:12]}"
    run_uri = layout.uri(bucket, layout.run_prefix(model, run_id))
    for name in (layout.JOB, layout.SEARCH):
        path = evidence.path(evidence.run_uri + name)
        if path.is_file():
            store.write(run_uri + name, path.read_bytes(), "application/json")
    job = _submit(evidence, deployment, run_id, run_uri)
    _wait(job, deployment, run_uri, store)
    for name, target in _left(run_uri, store):
        store.download(run_uri + name, evidence.path(evidence.run_uri + target))


def _submit(evidence: Evidence, deployment: Deployment, run_id: str, run_uri: str) -> str:
    batch: BatchClient = deployment.target.client("batch")
    overrides: Any = {
        "environment": [{"name": "PERENNIAL_THREADS", "value": str(evidence.receipt["threads"])}]
    }
    return batch.submit_job(
        jobName=f"train-{run_id}",
        jobQueue=deployment.training["JobQueueArn"],
        jobDefinition=f"{deployment.target.prefix.lower()}-train",
        parameters={"run_uri": run_uri},
        containerOverrides=overrides,
    )["jobId"]


def _wait(job: str, deployment: Deployment, run_uri: str, store: ObjectStore) -> None:
    batch: BatchClient = deployment.target.client("batch")
    while True:
        described = batch.describe_jobs(jobs=[job])["jobs"][0]
        if described["status"] in _ENDED:
            break
        time.sleep(deployment.target.patience)
    if described["status"] == "FAILED":
        raise CommandError(
            f"The re-training failed: {_reason(described, run_uri, store)}",
            advice="`perennial logs train` shows what it wrote.",
            code=Exit.RUN_FAILED,
        )


def _reason(described: Any, run_uri: str, store: ObjectStore) -> str:
    """What the container says of it, or else what Batch does."""
    try:
        return str(json.loads(store.read(run_uri + "failure.json"))["message"])
    except (FileNotFoundError, ValueError, KeyError):
        return str(described.get("statusReason") or "the job ended without saying why")


def _left(run_uri: str, store: ObjectStore) -> Iterator[tuple[str, str]]:
    """Files to fetch, and what they are called here."""
    yield from ((name, name) for name in _TRAINED)
    told = json.loads(store.read(run_uri + layout.TRAINING_JSON))
    yield told.get("receipt", layout.RECEIPT), layout.RECEIPT
