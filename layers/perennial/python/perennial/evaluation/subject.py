"""What an evaluation is about: the held-out rows of a run, scored by candidate and champion."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from perennial.errors import ArtifactError
from perennial.evaluation import inputs
from perennial.evaluation.fairness import FairnessFound
from perennial.evaluation.familiar import FittedOn, familiar_rows
from perennial.evaluation.inputs import Job, Training
from perennial.evaluation.measure import Floats, Truths
from perennial.evaluation.outcomes import Scored, Truth
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.records import RoutedVersion

NO_CHAMPION = "no version is in service to compare with"


class Scorer(Protocol):
    """A loaded artifact that answers many rows at once."""

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Labels in the order of the probabilities; None of a regression."""
        ...

    @property
    def threshold(self) -> float | None:
        """From which probability on a row is called positive (binary)."""
        ...

    def scores(self, batch: pa.RecordBatch) -> tuple[Floats, Truths]:
        """Scores [rows, outputs], NaN for refused rows; and which rows are answered [rows].

        Raises:
            ValueError: a column it needs is not there or of another type.
        """
        ...

    def thresholds(self, batch: pa.RecordBatch) -> Floats | None:
        """From which probability on each row is called positive, where groups have their own."""
        ...


Loader = Callable[[bytes, str], Scorer]  # an artifact's bytes and digest; raises ArtifactError


@dataclass(frozen=True, slots=True)
class Subject:
    """What an evaluation is about."""

    job: Job
    training: Training
    candidate: Scored
    champion: Scored | None
    champion_name: str
    champion_note: str
    truth: Truth
    familiar: Truths | None = None  # rows the champion was fitted on; None: it is not known
    fairness: FairnessFound | None = None  # where the spec names groups


def read_subject(
    run_uri: str,
    champion: RoutedVersion | None,
    store: ObjectStore,
    load: Loader,
    fitted: FittedOn | None = None,
) -> Subject:
    """Score the holdout of a run with its candidate and with the version in service.

    Args:
        run_uri: where the run left its work.
        champion: the version in service.
        store: holds artifacts and data.
        load: makes a scorer of an artifact.
        fitted: what the version in service was fitted on, where that is known.

    Raises:
        ArtifactError: something the run should have left is missing or damaged.
        Unavailable: the store does not answer.
    """
    job, training = inputs.read_job(run_uri, store), inputs.read_training(run_uri, store)
    with inputs.expected(run_uri + layout.CANDIDATE):
        candidate = load(store.read(run_uri + layout.CANDIDATE), training.artifact_digest)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / layout.HOLDOUT
        with inputs.expected(run_uri + layout.HOLDOUT):
            store.download(run_uri + layout.HOLDOUT, path)
        own = scored(candidate, path)
        other, note = _champion(champion, path, store, load)
        truth = inputs.truth_of(job.spec, path)
        familiar = None
        if other is not None and fitted is not None:
            columns = [*job.spec.features, job.spec.target]
            familiar = familiar_rows(path, columns, fitted, store)
    name = f"champion, version {champion.number}" if champion else ""
    fairness = inputs.read_fairness(run_uri, job, training.artifact_digest, store)
    return Subject(job, training, own, other, name, note, truth, familiar, fairness)


def scored(model: Scorer, path: Path) -> Scored:
    """What a model says of the rows in a Parquet file.

    Raises:
        ArtifactError: there are none.
        ValueError: a column it needs is not there or of another type.
    """
    parts, by_row = [], []
    for batch in inputs.batches(path):
        parts.append(model.scores(batch))
        by_row.append(model.thresholds(batch))
    if not parts:
        raise ArtifactError("the run has no held-out rows")
    told = [one for one in by_row if one is not None]
    return Scored(
        values=np.concatenate([scores for scores, _ in parts]),
        answerable=np.concatenate([answered for _, answered in parts]),
        labels=model.labels,
        threshold=model.threshold,
        by_row=np.concatenate(told) if told else None,
    )


def _champion(
    champion: RoutedVersion | None, path: Path, store: ObjectStore, load: Loader
) -> tuple[Scored | None, str]:
    """What the champion says, or why it says nothing: a broken one must not block its successor."""
    if champion is None:
        return None, NO_CHAMPION
    try:
        model = load(store.read(champion.artifact_uri), champion.artifact_digest)
        return scored(model, path), ""
    except (ArtifactError, FileNotFoundError):
        why = "its artifact cannot be read"
    except ValueError as error:
        why = str(error)
    return None, f"version {champion.number}, in service, cannot be compared: {why}"
