"""An artifact asked about many rows at once, by the very engine that serves it.

Forests and linear models of other libraries, which it answers for row by row, are answered for by
the form that scores files: the same bits, an order of magnitude sooner.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.evaluation.measure import Floats, Truths
from perennial.features.columnar import Matrix, answerable, encode, most_rows
from perennial.features.encoder import Encoder
from perennial.scoring.group_thresholds import thresholds_of_column
from perennial.scoring.vectorised import Run, vectorised
from perennial.serving.artifact import Artifact, load_artifact
from perennial.serving.engine import Engine, load_engine
from perennial.serving.group_thresholds import group_thresholds


@dataclass(frozen=True, slots=True)
class EngineScorer:
    """`perennial.evaluation.subject.Scorer` of a loaded artifact."""

    artifact: Artifact
    engine: Engine
    many: Run | None = None  # a faster way to the same scores

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Labels in the order of the probabilities; None of a regression."""
        return self.artifact.classes

    @property
    def threshold(self) -> float | None:
        """From which probability on a row is called positive (binary)."""
        return self.artifact.threshold

    def thresholds(self, batch: pa.RecordBatch) -> Floats | None:
        """From which probability on each row is called positive, where groups have their own."""
        by_group = group_thresholds(self.artifact)
        if by_group is None:
            return None
        return thresholds_of_column(by_group, batch.column(by_group.feature.name))

    def scores(self, batch: pa.RecordBatch) -> tuple[Floats, Truths]:
        """Scores [rows, outputs], NaN for refused rows; and which rows are answered [rows].

        Raises:
            ValueError: a column the artifact needs is not there or of another type.
        """
        encoder = self.artifact.encoder
        most = most_rows(encoder)
        if most is not None and batch.num_rows > most:
            starts = range(0, batch.num_rows, most)
            parts = [self.scores(batch.slice(start, most)) for start in starts]
            return (
                np.concatenate([scores for scores, _ in parts]),
                np.concatenate([answered for _, answered in parts]),
            )
        try:
            codes = _encoded(batch, encoder)
            answered = answerable(batch, codes, encoder) & within_limits(batch, encoder)
        except pa.ArrowException as error:
            raise ValueError("the type of a column has changed") from error
        rows, outputs = int(answered.sum()), self.engine.outputs
        scores = np.full((batch.num_rows, outputs), np.nan)
        if rows:
            kept = np.ascontiguousarray(codes[answered])
            if self.many is not None:
                scores[answered] = self.many(kept)
            else:
                found = self.engine.scores(kept.ctypes.data, rows)
                scores[answered] = np.asarray(found).reshape(rows, outputs)
        return scores, answered


def _encoded(batch: pa.RecordBatch, encoder: Encoder) -> Matrix:
    """The batch as the encoder sees it; newer data may no longer have what an old model needs."""
    present = set(batch.schema.names)
    for feature in encoder.features:
        if feature.name not in present:
            raise ValueError(f"the data has no column {feature.name}")
    return encode(batch, encoder)


def within_limits(batch: pa.RecordBatch, encoder: Encoder) -> Truths:
    """Rows whose numbers lie within the limits the artifact was trained with: [rows].

    Those of its own data do; a champion may have had narrower ones than the data of today.
    """
    accepted = np.ones(batch.num_rows, dtype=np.bool_)
    for feature in encoder.features:
        column = batch.column(feature.name)
        if feature.minimum is not None:
            accepted &= ~_mask(pc.less(column, pa.scalar(float(feature.minimum))))
        if feature.maximum is not None:
            accepted &= ~_mask(pc.greater(column, pa.scalar(float(feature.maximum))))
    return accepted


def _mask(condition: pa.Array) -> Truths:
    return np.asarray(condition.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def load_scorer(data: bytes, digest: str) -> EngineScorer:
    """A scorer of an artifact's bytes.

    Raises:
        ArtifactError: the bytes are not those of the digest, or cannot be run.
    """
    artifact = load_artifact(data, digest)
    engine = load_engine(artifact, threads=os.cpu_count() or 1)
    return EngineScorer(artifact, engine, vectorised(artifact))
