"""How far two artifacts answer differently on the same held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.errors import NeedsPipelineRuntime
from perennial.evaluation.inputs import batches
from perennial.evaluation.measure import Floats
from perennial.evaluation.scoring import EngineScorer, load_scorer
from perennial.evaluation.subject import Scorer


@dataclass(frozen=True, slots=True)
class Distance:
    """Between the answers of two artifacts, over all outputs of the rows both answer.

    Attributes:
        rows: that both answer.
        refused: rows that only one of them answers.
        largest: absolute difference, of probabilities or in units of the target.
        mean: absolute difference.
        changed_labels: share of rows that get another label; None of a regression.
    """

    rows: int
    refused: int
    largest: float
    mean: float
    changed_labels: float | None


def distance(first: Scorer, second: Scorer, holdout: Path) -> Distance:
    """Ask both about every held-out row.

    Raises:
        ValueError: they predict other things, or one of them cannot read the rows.
    """
    if first.labels != second.labels:
        raise ValueError("they predict other labels")
    rows = refused = changed = 0
    largest = total = 0.0
    outputs = 1
    for batch in batches(holdout):
        mine, answered = first.scores(batch)
        theirs, also = second.scores(batch)
        both = answered & also
        gaps = np.abs(mine[both] - theirs[both])
        outputs = mine.shape[1]
        rows, refused = rows + int(both.sum()), refused + int((answered ^ also).sum())
        largest, total = max(largest, float(gaps.max(initial=0.0))), total + float(gaps.sum())
        if first.labels:
            changed += int(
                (_labels(first, mine, batch) != _labels(second, theirs, batch))[both].sum()
            )
    share = changed / rows if first.labels and rows else None
    mean = total / (rows * outputs) if rows else 0.0
    return Distance(rows, refused, largest, mean, share)


def _labels(model: Scorer, scores: Floats, batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """The place of each row's label, as the model decides it; of refused rows it means nothing."""
    by_row, threshold = model.thresholds(batch), model.threshold
    if by_row is not None:
        return np.asarray(scores[:, -1] >= by_row, dtype=np.int64)
    if threshold is not None:
        return np.asarray(scores[:, -1] >= threshold, dtype=np.int64)
    return np.asarray(np.argmax(scores, axis=1), dtype=np.int64)


def scorer_of(data: bytes, digest: str) -> Scorer:
    """A scorer of an artifact's bytes, of a kept pipeline too where its libraries are.

    Raises:
        ArtifactError: the bytes are not those of the digest, or cannot be run here.
    """
    try:
        return load_scorer(data, digest)
    except NeedsPipelineRuntime:
        from perennial.pipelines.engine import pipeline_engine_of

        engine = pipeline_engine_of(data, digest)
        return EngineScorer(engine.artifact, engine)
