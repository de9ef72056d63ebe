"""A version that answers whole tables: the serving engine over encoded columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.errors import ArtifactError, NeedsPipelineRuntime
from perennial.features.columnar import Matrix
from perennial.features.schema import FeatureSchema
from perennial.scoring.checks import Checked, check
from perennial.serving.artifact import Artifact, load_artifact
from perennial.serving.engine import Engine, load_engine

_MOST_NUMBERS = 4 << 20
_FEWEST_ROWS, _MOST_ROWS = 256, 65_536
Scores = npt.NDArray[np.float64]


class TableModel:
    """One version of a model."""

    def __init__(self, artifact: Artifact, engine: Engine) -> None:
        """Args: artifact: the version; engine: what answers for it."""
        self._engine = engine
        self.features: Sequence[FeatureSchema] = artifact.encoder.features
        self.classes = artifact.classes
        self._threshold = artifact.threshold
        self.most_rows = _most_rows(artifact)

    def check(self, table: pa.Table) -> Checked:
        """Check and encode rows that have a column for every feature."""
        return check(table, self.features)

    def scores(self, codes: Matrix) -> Scores:
        """Probabilities of every class, or estimates: [rows, outputs].

        Args:
            codes: of rows that fit, row-major; at most `most_rows`, or it takes much memory.
        """
        rows = len(codes)
        width = 1 if self.classes is None else len(self.classes)
        if not rows:
            return np.empty((0, width))
        found = self._engine.scores(codes.ctypes.data, rows)
        return np.frombuffer(found, dtype=found.typecode).astype(np.float64).reshape(rows, width)

    def predictions(self, scores: Scores) -> pa.Array:
        """The label of each row, or its estimate."""
        if self.classes is None:
            return pa.array(scores[:, 0])
        if self._threshold is not None:
            places = (scores[:, 1] >= self._threshold).astype(np.int32)
        else:
            places = scores.argmax(axis=1).astype(np.int32)
        return pa.array(self.classes).take(pa.array(places))


def _most_rows(artifact: Artifact) -> int:
    """Rows at once: an answer has a number per class, a forest in between one per tree."""
    trees = len(artifact.manifest["engine"].get("offsets", ()))
    wide = max(1, trees, len(artifact.classes or ()))
    return max(_FEWEST_ROWS, min(_MOST_ROWS, _MOST_NUMBERS // wide))


def load_model(data: bytes, digest: str) -> TableModel:
    """The model of an artifact's bytes, on one thread: a call has one processor.

    Raises:
        ArtifactError: they have another digest or cannot be run.
    """
    artifact = load_artifact(data, digest)
    try:
        return TableModel(artifact, load_engine(artifact, threads=1))
    except NeedsPipelineRuntime:
        raise ArtifactError(
            "the version in service is a pipeline of your own, which scores no files: send its "
            "rows to the endpoint"
        ) from None
