"""What a run left for its evaluation: the job, what training says, the held-out rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from perennial.errors import ArtifactError
from perennial.evaluation.baseline import TargetDistribution
from perennial.evaluation.fairness import FairnessFound
from perennial.evaluation.outcomes import Truth
from perennial.evaluation.selection import SelectedColumn
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.spec import ModelSpec, Task

BATCH = 65_536  # rows

Record = TypeVar("Record", bound=BaseModel)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class DatasetOfJob(_Read):
    """Which data the run was trained on."""

    digest: str


class Job(_Read):
    """What the run was asked to do."""

    model: str
    run_id: str
    spec: ModelSpec
    spec_digest: str
    dataset: DatasetOfJob
    seed: int = 0


class Training(_Read):
    """What training says of itself."""

    artifact_digest: str
    artifact_size: int
    algorithm: str
    target: TargetDistribution
    importances: dict[str, float] = {}
    learning_curve: list[dict[str, float]] = []
    selection: tuple[SelectedColumn, ...] = ()


@contextmanager
def expected(uri: str) -> Iterator[None]:
    """Something an earlier step of the run must have left.

    Raises:
        ArtifactError: it is missing.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise ArtifactError(f"{uri.rpartition('/')[2]} of the run is missing") from error


def read_record(kind: type[Record], uri: str, store: ObjectStore) -> Record:
    """A JSON document that an earlier step of the run wrote.

    Raises:
        ArtifactError: it is missing or not what it should be.
    """
    with expected(uri):
        document = store.read(uri)
    try:
        return kind.model_validate_json(document)
    except ValidationError as error:
        name = uri.rpartition("/")[2]
        fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors()[:5])
        raise ArtifactError(f"{name} of the run is damaged: {fields or 'not JSON'}") from error


def read_job(run_uri: str, store: ObjectStore) -> Job:
    """The run's `job.json`."""
    return read_record(Job, run_uri + layout.JOB, store)


def read_training(run_uri: str, store: ObjectStore) -> Training:
    """The run's `training.json`."""
    return read_record(Training, run_uri + layout.TRAINING_JSON, store)


def read_fairness(run_uri: str, job: Job, digest: str, store: ObjectStore) -> FairnessFound | None:
    """The run's `fairness.json`; None where its spec names no groups.

    Raises:
        ArtifactError: it is missing, damaged or about another candidate.
    """
    if not job.spec.fairness.columns:
        return None
    found = read_record(FairnessFound, run_uri + layout.FAIRNESS, store)
    if found.artifact_digest != digest:
        raise ArtifactError(f"{layout.FAIRNESS} of the run is about another candidate")
    return found


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The held-out rows, some at a time."""
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(BATCH)


def truth_of(spec: ModelSpec, path: Path) -> Truth:
    """The target of the held-out rows."""
    column = pq.read_table(path, columns=[spec.target]).column(0)
    if spec.task is Task.REGRESSION:
        return Truth(numbers=np.asarray(column.to_numpy(), dtype=np.float64))
    labels = column.combine_chunks().dictionary_encode()
    codes = labels.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Truth(names=tuple(labels.dictionary.to_pylist()), codes=codes)
