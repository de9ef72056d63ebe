"""One training, from the job to the candidate: read, divide, fit, export, verify, hand over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.serving.artifact import digest_of
from perennial.spec import Algorithm, SplitMethod
from perennial.training.algorithms import fit
from perennial.training.beside import cross_validated, leave_default, summary
from perennial.training.choice import choice_of, chosen, with_estimator
from perennial.training.data import NAMES, TrainingData
from perennial.training.estimator import Fitted, Progress
from perennial.training.export import export, threshold_of
from perennial.training.group_thresholds import ByGroup, group_thresholds_of
from perennial.training.importance import by_feature
from perennial.training.job import Job
from perennial.training.reading import read_data
from perennial.training.receipt import keep_receipt, receipt_of
from perennial.training.selection import selected
from perennial.training.split import HOLDOUT, TRAIN

_JSON, _ZIP, _PARQUET = "application/json", "application/zip", "application/octet-stream"


def silent(message: str, **fields: object) -> None:
    """A `Progress` that tells nobody."""
    del message, fields


def train(
    job: Job,
    run_uri: str,
    store: ObjectStore,
    workdir: Path,
    *,
    threads: int,
    lock: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Train the candidate of a run; returns the content of `training.json`.

    `training.json` is written last: where it is, the candidate and the holdout are there too.
    A run that is killed and started again writes the same once more.

    Raises:
        TrainingFailed: the data cannot be fitted.
        ExportMismatch: the exported form differs from the estimator.
        Unavailable: the store does not answer.
    """
    choice = choice_of(job, run_uri, store)
    digest = None if choice is None else choice.digest
    receipt = receipt_of(job, threads=threads, lock=lock, search_digest=digest)
    kept = keep_receipt(receipt, run_uri, store)
    clock = _Clock()
    with clock.step("read"):
        data = read_data(job, store, workdir / "data.parquet")
        data = with_estimator(data, chosen(job.spec, choice))
    progress("data divided", **_rows(data))
    holdout = workdir / layout.HOLDOUT
    with clock.step("hold_out"):
        write_holdout(data, holdout)
    with clock.step("select"):
        data, judged = selected(data, seed=job.seed, threads=threads, progress=progress)
    with clock.step("fit"):
        fitted, threshold, by_group = _fitted(job, data, threads, progress)
    share: dict[str, Any] = {"threads": threads, "progress": progress}
    with clock.step("default"):
        default = leave_default(job, data, choice, run_uri, store, **share)
    with clock.step("cross_validate"):
        folds = cross_validated(job, data, choice, **share)
    with clock.step("export"):
        artifact = export(
            data,
            fitted,
            _batches(holdout),
            threshold=threshold,
            origin=_origin(job, receipt),
            threads=threads,
            by_group=by_group,
        )
    progress("export verified", rows=data.rows(HOLDOUT))
    if job.spec.fairness.columns:
        with clock.step("fairness"):
            told = _examined(job, data, artifact, holdout, by_group, **share)
            store.write(run_uri + layout.FAIRNESS, told, _JSON)
        progress("groups compared")
    with clock.step("hand_over"):
        store.upload(holdout, run_uri + layout.HOLDOUT, _PARQUET)
        store.write(run_uri + layout.CANDIDATE, artifact, _ZIP)
    found = _training(data, fitted, artifact, receipt, clock.seconds) | {"receipt": kept}
    found |= {"selection": [one.to_json() for one in judged]}
    found |= {"search": summary(choice), "default": default, "cross_validation": folds}
    store.write(run_uri + layout.TRAINING_JSON, _json(found), _JSON)
    return found


def _fitted(
    job: Job, data: TrainingData, threads: int, progress: Progress
) -> tuple[Fitted, float | None, ByGroup | None]:
    """The estimator, and its thresholds for all and by group."""
    fitted = fit(data, seed=job.seed, threads=threads, progress=progress)
    threshold = threshold_of(data, fitted)
    by_group = group_thresholds_of(data, fitted, threshold)
    progress("fitted", best_iteration=fitted.best_iteration)
    if job.spec.split.method is SplitMethod.TIME:
        # What the model has to predict is most like the newest rows it may learn from.
        fitted = fitted.refitted()
        progress("fitted again with the validation part")
    return fitted, threshold, by_group


def _examined(
    job: Job,
    data: TrainingData,
    artifact: bytes,
    holdout: Path,
    by_group: ByGroup | None,
    *,
    threads: int,
    progress: Progress,
) -> bytes:
    """The content of `fairness.json`."""
    # A second of imports, for models with groups to compare only.
    from perennial.training.examination import examined

    def again(plain: TrainingData) -> tuple[Fitted, float | None]:
        return _fitted(job, plain, threads, progress)[:2]

    found = examined(job, data, artifact, holdout, again, by_group=by_group, threads=threads)
    return found.model_dump_json(indent=1).encode()


class _Clock:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.seconds[name] = round(perf_counter() - start, 3)


def write_holdout(data: TrainingData, path: Path) -> None:
    """The held-out rows with all their columns, in file order; encodes all rows on the way."""
    with pq.ParquetWriter(path, data.dataset.schema, compression="zstd") as writer:
        for batch, parts in data.encoding():
            held_out = pa.array(parts == HOLDOUT)
            writer.write_table(pa.Table.from_batches([batch]).filter(held_out))


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches()


def _rows(data: TrainingData) -> dict[str, int]:
    return {name: data.rows(part) for part, name in NAMES.items()}


def _origin(job: Job, receipt: dict[str, Any]) -> dict[str, Any]:
    """What the artifact says of its making: nothing that can differ while the model is the same.

    So not its receipt: the version names both. The libraries are those a kept pipeline loads with.
    """
    of_data = {"dataset_digest": receipt["dataset_digest"], "spec_digest": receipt["spec_digest"]}
    loads_with = {"libraries": receipt["libraries"]}
    return of_data | (loads_with if job.spec.algorithm.name is Algorithm.PIPELINE else {})


def _training(
    data: TrainingData,
    fitted: Fitted,
    artifact: bytes,
    receipt: dict[str, Any],
    seconds: dict[str, float],
) -> dict[str, Any]:
    gains = fitted.importances()
    total = float(gains.sum()) or 1.0
    return {
        "format": 1,
        "artifact_digest": digest_of(artifact),
        "artifact_size": len(artifact),
        "algorithm": data.dataset.spec.algorithm.name.value,
        "parameters": fitted.parameters,
        "best_iteration": fitted.best_iteration,
        "rows": _rows(data),
        "seconds": seconds,
        "libraries": receipt["libraries"],
        "receipt_digest": receipt["digest"],
        "target": _distribution(data),
        "importances": {name: gain / total for name, gain in by_feature(data.encoder, gains)},
        "learning_curve": fitted.learning_curve,
    }


def _distribution(data: TrainingData) -> dict[str, Any]:
    """How the target is distributed in the training part: the naive baseline is made of it."""
    labels, classes = data.labels(TRAIN), data.target.classes
    if classes is None:
        return {"mean": float(labels.mean()), "median": float(np.median(labels))}
    counts = np.bincount(labels.astype(np.int64), minlength=len(classes))
    return {"counts": {label: int(n) for label, n in zip(classes, counts, strict=True)}}


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
