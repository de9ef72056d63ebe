"""What a card is made of: the documents that the steps of a run have left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from perennial.data.profile import Profile
from perennial.errors import ArtifactError
from perennial.evaluation.fairness import FairnessFound
from perennial.evaluation.inputs import expected, read_record
from perennial.evaluation.record import Evaluation
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.receipt import Receipt, read_receipt
from perennial.registry.records import Version
from perennial.spec import ModelSpec


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Job(_Read):
    """What the run was asked to do."""

    spec: ModelSpec
    source: dict[str, Any] = {}
    seed: int = 0


class Training(_Read):
    """What training says of itself."""

    parameters: dict[str, Any] = {}
    best_iteration: int | None = None
    rows: dict[str, int] = {}
    selection: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """Everything a run has left."""

    job: Job
    training: Training
    evaluation: Evaluation
    profile: Profile
    receipt: Receipt
    warnings: tuple[str, ...]  # of validation, as sentences
    search: dict[str, Any] | None
    fairness: FairnessFound | None


def read_left(run_uri: str, version: Version, store: ObjectStore) -> Left:
    """Read what the run of a version has left.

    Raises:
        ArtifactError: something is missing or damaged.
        Unavailable: the store does not answer.
    """
    bucket, _ = layout.split_uri(run_uri)
    dataset = layout.uri(bucket, layout.dataset_prefix(version.model, version.dataset_digest))
    with expected(version.receipt_uri):
        receipt = store.read(version.receipt_uri)
    fairness = _bytes(run_uri + layout.FAIRNESS, store)
    search = _bytes(run_uri + layout.SEARCH, store)
    return Left(
        job=read_record(Job, run_uri + layout.JOB, store),
        training=read_record(Training, run_uri + layout.TRAINING_JSON, store),
        evaluation=read_record(Evaluation, run_uri + layout.EVALUATION_JSON, store),
        profile=read_record(Profile, dataset + layout.PROFILE, store),
        receipt=read_receipt(receipt),
        warnings=_warnings(_bytes(run_uri + layout.VALIDATION_JSON, store)),
        search=None if search is None else _document(search, layout.SEARCH),
        fairness=None if fairness is None else FairnessFound.model_validate_json(fairness),
    )


def _bytes(uri: str, store: ObjectStore) -> bytes | None:
    try:
        return store.read(uri)
    except FileNotFoundError:
        return None


def _document(body: bytes, name: str) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"{name} of the run is damaged") from error


def _warnings(body: bytes | None) -> tuple[str, ...]:
    """The warnings of a validation, each with its column, without any value."""
    if body is None:
        return ()
    found = _document(body, layout.VALIDATION_JSON).get("warnings", [])
    return tuple(_sentence(one.get("column"), str(one.get("message", ""))) for one in found)


def _sentence(column: str | None, message: str) -> str:
    if not column:
        return message
    joint = " " if message.startswith(("is ", "alone ", "identifies ")) else ": "
    return f"{column}{joint}{message}"
