"""From a candidate that passed its gates to a registered, immutable version."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from perennial.errors import ArtifactError, Conflict
from perennial.registry import layout
from perennial.registry.clock import Clock
from perennial.registry.objects import ObjectStore
from perennial.registry.receipt import Receipt, read_receipt
from perennial.registry.records import Event, Version
from perennial.registry.store import Registry


class Candidate(BaseModel):
    """What a run's `evaluation.json` says of its candidate, as far as registration needs it."""

    model_config = ConfigDict(frozen=True)

    model: str
    run_id: str
    outcome: str
    artifact_digest: str
    artifact_size: int
    dataset_digest: str
    spec_digest: str
    algorithm: str
    metrics: dict[str, float]
    gates: tuple[str, ...]  # those it passed, as sentences


def register(
    run_uri: str,
    artifact_bucket: str,
    *,
    by: str,
    store: ObjectStore,
    registry: Registry,
    clock: Clock,
) -> Version:
    """Store the candidate's artifact under its digest and register it as a version.

    The artifact comes first: a version is never without it, and an artifact nobody registered is
    only bytes. Its receipt is copied to where nothing else of a run lies, once. Repeating this
    gives the version of the first time.

    Raises:
        Conflict: the candidate did not pass its gates, or its run has ended otherwise.
        ArtifactError: its bytes, or its receipt, are missing or not those that were evaluated.
        Unavailable: a service does not answer.
    """
    candidate = _candidate(run_uri, store)
    key = layout.artifact_key(candidate.model, candidate.artifact_digest)
    target = layout.uri(artifact_bucket, key)
    _keep(run_uri + layout.CANDIDATE, candidate.artifact_digest, target, store)
    receipt_uri, receipt = _receipt(candidate, run_uri, store)
    version = _version(candidate, run_uri, target, clock())
    named = replace(
        version, created_by=by, receipt_uri=receipt_uri, receipt_digest=receipt["digest"]
    )
    registered = registry.register_version(named, _told(named, by))
    evidence = layout.evidence_prefix(registered.model, registered.number) + layout.RECEIPT
    body = store.read(registered.receipt_uri)
    store.write(layout.uri(artifact_bucket, evidence), body, "application/json", once=True)
    return registered


def _candidate(run_uri: str, store: ObjectStore) -> Candidate:
    try:
        candidate = Candidate.model_validate_json(store.read(run_uri + layout.EVALUATION_JSON))
    except FileNotFoundError as error:
        raise Conflict("the run has not been evaluated") from error
    except ValidationError as error:
        raise ArtifactError("evaluation.json of the run is damaged") from error
    if candidate.outcome != "PASSED":
        raise Conflict(f"run {candidate.run_id} did not pass its gates")
    return candidate


def _receipt(candidate: Candidate, run_uri: str, store: ObjectStore) -> tuple[str, Receipt]:
    """The receipt of the attempt that made the candidate, and where it lies."""
    try:
        training = json.loads(store.read(run_uri + layout.TRAINING_JSON))
        where = run_uri + training.get("receipt", layout.RECEIPT)
        receipt = read_receipt(store.read(where))
    except FileNotFoundError as error:
        raise ArtifactError("the candidate's receipt is missing") from error
    except ValueError as error:
        raise ArtifactError("training.json of the run is damaged") from error
    went_in = (candidate.run_id, candidate.dataset_digest, candidate.spec_digest)
    if went_in != (receipt["run_id"], receipt["dataset_digest"], receipt["spec_digest"]):
        raise ArtifactError("the candidate's receipt is of another run, dataset or spec")
    if training["artifact_digest"] != candidate.artifact_digest:
        raise ArtifactError("the candidate's artifact is not the one that was evaluated")
    return where, receipt


def _keep(source: str, digest: str, target: str, store: ObjectStore) -> None:
    """Copy an artifact, on condition that its bytes have the digest."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / layout.CANDIDATE
        try:
            store.download(source, path)
        except FileNotFoundError as error:
            raise ArtifactError("the candidate's artifact is missing") from error
        with path.open("rb") as file:
            present = hashlib.file_digest(file, "sha256").hexdigest()
        if present != digest:
            raise ArtifactError("the candidate's artifact is not the one that was evaluated")
        store.upload(path, target, "application/zip", once=True)


def _version(candidate: Candidate, run_uri: str, artifact_uri: str, at: str) -> Version:
    return Version(
        model=candidate.model,
        number=0,  # the registry gives it
        run_id=candidate.run_id,
        artifact_digest=candidate.artifact_digest,
        artifact_uri=artifact_uri,
        artifact_size=candidate.artifact_size,
        dataset_digest=candidate.dataset_digest,
        spec_digest=candidate.spec_digest,
        receipt_uri=run_uri + layout.RECEIPT,
        report_uri=run_uri + layout.EVALUATION_HTML,
        card_uri=run_uri + layout.CARD_HTML,  # written once the run is concluded
        algorithm=candidate.algorithm,
        metrics=candidate.metrics,
        gates=candidate.gates,
        created_at=at,
    )


def _told(version: Version, by: str) -> Event:
    """The registration as a line of history; the registry gives sequence and subject."""
    return Event(
        model=version.model,
        sequence=0,
        at=version.created_at,
        by=by,
        what="version_registered",
        subject="",
        reason="; ".join(version.gates),
        details={
            "run_id": version.run_id,
            "artifact_digest": version.artifact_digest,
            "receipt_digest": version.receipt_digest,
        },
    )
