"""The training data of a job: fetched, checked by its digest and divided."""

from __future__ import annotations

from pathlib import Path

from perennial.errors import TrainingFailed
from perennial.registry.objects import ObjectStore
from perennial.spec import SplitMethod
from perennial.training.data import TrainingData
from perennial.training.dataset import Dataset
from perennial.training.job import Job
from perennial.training.split import split_rows


def read_data(job: Job, store: ObjectStore, path: Path) -> TrainingData:
    """The dataset of a job and the part of each of its rows.

    Args:
        job: what is to be done.
        store: holds the dataset.
        path: where it is put on this machine.

    Raises:
        TrainingFailed: it is gone, another than the job says, or cannot be divided.
        Unavailable: the store does not answer.
    """
    try:
        store.download(job.dataset.uri, path)
    except FileNotFoundError as error:
        raise TrainingFailed("the dataset of the run is gone") from error
    dataset = Dataset(path, job.spec)
    dataset.check_digest(job.dataset.digest)
    target = dataset.target()
    by_time = job.spec.split.method is SplitMethod.TIME
    parts = split_rows(
        dataset.rows,
        job.spec.split,
        job.seed,
        classes=target.codes,
        times=dataset.times() if by_time else None,
    )
    return TrainingData(dataset, target, parts)
