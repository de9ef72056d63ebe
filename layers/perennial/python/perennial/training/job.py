"""What the training container is asked to do: `job.json`, written by validation."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from perennial.errors import TrainingFailed
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.spec import ModelSpec


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class DatasetOfJob(_Read):
    """The immutable dataset to train from."""

    digest: str  # SHA-256 of the Parquet file's bytes, hexadecimal
    uri: str
    rows: int


class CodeOfJob(_Read):
    """The code that was deployed when the run began."""

    version: str
    digest: str
    commit: str = ""  # of git, with "-dirty" where the checkout was changed; empty: not known


class Job(_Read):
    """One training."""

    model: str
    run_id: str
    spec: ModelSpec
    spec_digest: str
    dataset: DatasetOfJob
    code: CodeOfJob
    seed: int


def read_job(run_uri: str, store: ObjectStore) -> Job:
    """The job of a run.

    Raises:
        TrainingFailed: there is none, or it is damaged; the message names the fields.
    """
    try:
        return Job.model_validate_json(store.read(run_uri + layout.JOB))
    except FileNotFoundError as error:
        raise TrainingFailed("the run has no job.json: was its data validated?") from error
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:5])
        raise TrainingFailed(f"job.json of the run is damaged: {fields or 'not JSON'}") from error
