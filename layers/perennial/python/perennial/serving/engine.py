"""Answers from an artifact: encode rows, run the model, name the outputs."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping

from perennial.errors import ArtifactError, NeedsPipelineRuntime
from perennial.features.encoder import Encoder
from perennial.serving.artifact import LEAVES, TREES, Artifact, load_artifact
from perennial.serving.predictions import Prediction, Predictions, finite, labelled
from perennial.serving.problems import NO_EXPLANATION, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from perennial.serving.columns import Table
    from perennial.serving.contributions import Contributions
    from perennial.serving.group_thresholds import GroupThresholds

__all__ = ["PIPELINE", "Engine", "Prediction", "Predictions", "engine_of", "load_engine"]

Run = Callable[[int, int], "array[float]"]  # address and rows of codes → numbers by row
Runs = tuple[Run, Run | None]  # of the outputs, and of the contributions
PIPELINE = "pipeline"  # the kind that only the function with its libraries can run
_INEXACT = "Reasons are given where they are exact: for XGBoost and for linear models."


class Engine:
    """A model ready to answer; one call at a time."""

    def __init__(self, artifact: Artifact, run: Run, contributions: Run | None = None) -> None:
        """Make an engine of an artifact.

        Args:
            artifact: what is served.
            run: probabilities of every class, or estimates, of encoded rows: `rows * outputs`.
            contributions: what each column adds to the margin, and the base value last:
                `rows * outputs * (columns + 1)`; None where that is not known exactly.
        """
        self.artifact = artifact
        self.encoder: Encoder = artifact.encoder
        self._run = run
        self._contributions = contributions
        self._classes = artifact.classes
        self._threshold = artifact.threshold
        self._by_group = _by_group(artifact)

    @property
    def outputs(self) -> int:
        """Numbers per row of `scores`: one per class, or one of a regression."""
        return 1 if self._classes is None else len(self._classes)

    def predict(self, table: Table) -> Predictions:
        """One prediction per row.

        Raises:
            InvalidRows: rows do not fit the model's schema, or have no finite answer; nothing
                is predicted.
        """
        codes = self.encoder.encode(table)
        scores = finite(self.scores(codes.buffer_info()[0], len(table)), self.outputs)
        if self._classes is None:
            return Predictions(scores, None, None)
        by_row = None if self._by_group is None else self._by_group.of(table)
        return labelled(scores, self._classes, self._threshold, by_row)

    def explain(self, table: Table) -> list[Contributions]:
        """Why: one object per row, in units of the margin.

        Raises:
            InvalidRows: rows do not fit the model's schema, or have no finite answer.
            Problem: this model's predictions cannot be explained exactly.
        """
        from perennial.serving.contributions import contributions_of

        if self._contributions is None:
            raise Problem(NO_EXPLANATION, _INEXACT)
        codes = self.encoder.encode(table)
        values = self._contributions(codes.buffer_info()[0], len(table))
        names: Sequence[str] = [feature.name for feature in self.encoder.features]
        if (attribution := self.encoder.attribution) is not None:
            names, values = attribution.names, attribution.contributions(values)
        width = len(names) + 1
        margins = array("d", (sum(values[at : at + width]) for at in range(0, len(values), width)))
        finite(margins, max(len(margins) // max(len(table), 1), 1))
        return contributions_of(values, names, self._classes)

    def scores(self, address: int, rows: int) -> array[float]:
        """Probabilities of every class, or estimates, of encoded rows: `rows * outputs`.

        Args:
            address: of a row-major float32 matrix of codes, which must stay while this runs.
            rows: of the matrix.
        """
        return self._run(address, rows)


def load_engine(artifact: Artifact, *, threads: int = 1) -> Engine:
    """Make an artifact ready to answer.

    Raises:
        ArtifactError: its model is missing, damaged or of a kind this code does not know.
        NeedsPipelineRuntime: it is a user's own pipeline.
    """
    kind = artifact.manifest["engine"].get("kind")
    if kind == PIPELINE:
        raise NeedsPipelineRuntime("a user's own pipeline cannot be run here")
    try:
        return Engine(artifact, *_ENGINES[kind](artifact, artifact.manifest["engine"], threads))
    except KeyError as error:
        raise ArtifactError(f"the artifact has no {error} that this code can run") from error


def engine_of(data: bytes, digest: str, *, threads: int = 1) -> Engine:
    """The engine of an artifact's bytes.

    Raises:
        ArtifactError: they have another digest or cannot be run.
    """
    return load_engine(load_artifact(data, digest), threads=threads)


def _by_group(artifact: Artifact) -> GroupThresholds | None:
    if "group_thresholds" not in artifact.manifest:
        return None
    from perennial.serving.group_thresholds import group_thresholds

    return group_thresholds(artifact)


# Each imports what it runs: a cold start pays for the model it serves, and for no other.


def _xgboost(artifact: Artifact, engine: Mapping[str, Any], threads: int) -> Runs:
    from perennial.serving.boosted import Boosted
    from perennial.serving.libxgboost import Trees

    trees = Trees(artifact.entries[TREES], threads=threads)
    boosted = Boosted(engine, trees, len(artifact.encoder))
    return boosted.outputs, boosted.contributions


def _forest(artifact: Artifact, engine: Mapping[str, Any], threads: int) -> Runs:
    """TreeSHAP of the C library is float32 and would not add up to leaves in double precision."""
    from perennial.serving.forest import Forest
    from perennial.serving.libxgboost import Trees

    trees = Trees(artifact.entries[TREES], threads=threads)
    return Forest(engine, trees, artifact.entries[LEAVES], len(artifact.encoder)).outputs, None


def _linear(artifact: Artifact, engine: Mapping[str, Any], threads: int) -> Runs:
    from perennial.serving.linear import Linear

    del threads  # nothing here runs beside something else
    linear = Linear(engine, len(artifact.encoder))
    return linear.outputs, linear.contributions if "means" in engine else None


_ENGINES: dict[str, Callable[[Artifact, Mapping[str, Any], int], Runs]] = {
    "xgboost": _xgboost,
    "forest": _forest,
    "linear": _linear,
}
