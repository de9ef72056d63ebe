"""The training data of a job: fetched, checked by its digest and divided."""

from __future__ import annotations

from pathlib import Path

from perennial.errors import TrainingFailed, Unavailable
from perennial.forgetting.records import read_tombstone
from perennial.registry import layout
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
    try:
        dataset.check_digest(job.dataset.digest)
    except TrainingFailed as error:
        raise TrainingFailed(_removed(job, store) or str(error)) from error
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


def _removed(job: Job, store: ObjectStore) -> str:
    """What to do about a dataset that persons were taken out of; empty where none were."""
    try:
        tombstone = read_tombstone(store, job.dataset.uri.removesuffix(layout.DATA))
    except (ValueError, Unavailable):  # another thing in its place, or no right to see that none is
        return ""
    if tombstone is None or tombstone.dataset_digest != job.dataset.digest:
        return ""
    told = f"{tombstone.rows} rows were removed from this dataset on request"
    return f"{told}; upload the file without them to train from the others"
