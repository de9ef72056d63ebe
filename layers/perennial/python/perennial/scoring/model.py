"""A version that answers whole tables: the serving engine over encoded columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from perennial.errors import ArtifactError
from perennial.features.columnar import Matrix, most_rows
from perennial.features.schema import FeatureSchema
from perennial.pipelines.asking import REFUSED, Ask, Elsewhere
from perennial.scoring.checks import Checked, Numbers, check
from perennial.scoring.group_thresholds import thresholds_of_column
from perennial.scoring.vectorised import Run, Scores, vectorised
from perennial.serving import engine
from perennial.serving.artifact import Artifact, load_artifact
from perennial.serving.group_thresholds import group_thresholds

_MOST_NUMBERS = 4 << 20
_FEWEST_ROWS, _MOST_ROWS = 256, 65_536
NO_ANSWER = "has no finite answer"  # as the endpoint says
NO_FUNCTION = (
    "the version in service is a pipeline of your own, and this deployment has no function that "
    "runs pipelines, since no spec asks for one"
)


class TableModel:
    """One version of a model."""

    def __init__(self, artifact: Artifact, run: Run, no_answer: str = NO_ANSWER) -> None:
        """A model ready to answer.

        Args:
            artifact: the version.
            run: answers for it.
            no_answer: what is said of rows whose scores are not finite.
        """
        self._run = run
        self.no_answer = no_answer
        self._encoder = artifact.encoder
        self.features: Sequence[FeatureSchema] = artifact.encoder.features
        self.classes = artifact.classes
        self.pseudonymised: Sequence[str] = artifact.manifest.get("pseudonymised", ())
        self._threshold = artifact.threshold
        self._by_group = group_thresholds(artifact)
        self.most_rows = _most_rows(artifact)

    def check(self, table: pa.Table) -> Checked:
        """Check and encode rows that have a column for every feature."""
        return check(table, self._encoder)

    def scores(self, codes: Matrix) -> Scores:
        """Probabilities of every class, or estimates: [rows, outputs].

        Args:
            codes: of rows that fit, row-major; at most `most_rows`, or it takes much memory.
        """
        if not len(codes):
            return np.empty((0, 1 if self.classes is None else len(self.classes)))
        return self._run(codes)

    def predictions(self, scores: Scores, table: pa.Table, places: Numbers) -> pa.Array:
        """The label of each row, or its estimate.

        Args:
            scores: of the rows.
            table: the rows are among.
            places: where in it.
        """
        if self.classes is None:
            return pa.array(scores[:, 0])
        if self._by_group is not None:
            column = table.column(self._by_group.feature.name).take(pa.array(places))
            called = scores[:, 1] >= thresholds_of_column(self._by_group, column)
        elif self._threshold is not None:
            called = scores[:, 1] >= self._threshold
        else:
            called = scores.argmax(axis=1)
        return pa.array(self.classes).take(pa.array(called.astype(np.int32)))


def _most_rows(artifact: Artifact) -> int:
    """Rows at once: an answer has a number per class, and columns that are made take memory."""
    wide = max(1, len(artifact.classes or ()))
    most = min(_MOST_ROWS, most_rows(artifact.encoder) or _MOST_ROWS)
    return max(_FEWEST_ROWS, min(most, _MOST_NUMBERS // wide))


def is_kept(artifact: Artifact) -> bool:
    """Whether it is a pipeline, which only the function with its libraries can run."""
    return bool(artifact.manifest["engine"].get("kind") == engine.PIPELINE)


def load_model(data: bytes, digest: str, uri: str = "", ask: Ask | None = None) -> TableModel:
    """The model of an artifact's bytes, on one thread: a call has one processor.

    Args:
        data: the bytes.
        digest: of them.
        uri: where they lie.
        ask: the function that runs pipelines, where there is one.

    Raises:
        ArtifactError: they have another digest or cannot be run.
    """
    artifact = load_artifact(data, digest)
    if not is_kept(artifact):
        return TableModel(artifact, vectorised(artifact) or _engine(artifact))
    if ask is None:
        raise ArtifactError(NO_FUNCTION)
    return TableModel(artifact, _elsewhere(Elsewhere(artifact, uri, ask)), REFUSED)


def _engine(artifact: Artifact) -> Run:
    loaded = engine.load_engine(artifact, threads=1)

    def run(codes: Matrix) -> Scores:
        found = loaded.scores(codes.ctypes.data, len(codes))
        scores = np.frombuffer(found, dtype=found.typecode).astype(np.float64)
        return scores.reshape(len(codes), loaded.outputs)

    return run


def _elsewhere(pipeline: Elsewhere) -> Run:
    def run(codes: Matrix) -> Scores:
        try:
            found = pipeline.scores(codes.ctypes.data, len(codes))
        except ValueError as error:
            raise ArtifactError(f"the pipeline cannot be run: {error}") from error
        return np.frombuffer(found, dtype=np.float64).reshape(len(codes), -1)

    return run
