"""Runs the fitted pipeline that an artifact holds; only the function for pipelines imports this.

The pipeline is a pickle. Unpickling runs code, so it happens after the digest of the whole
artifact has been checked, and an artifact is written by the training job alone (ADR 10).
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Sequence
from ctypes import c_float
from importlib import metadata
from typing import Any

import numpy as np

from perennial.errors import ArtifactError, InvalidRows, RowProblem, frames
from perennial.features.encoder import MOST_PROBLEMS, Encoder
from perennial.pipelines.asking import REFUSED
from perennial.pipelines.frames import Matrix, frame_of
from perennial.pipelines.scoring import Scores, scores_of
from perennial.pipelines.user_module import load_module
from perennial.serving.artifact import Artifact, load_artifact
from perennial.serving.engine import Engine, load_engine

KIND = "pipeline"
PICKLE = "pipeline.pickle"
SOURCE = "pipeline.py"
# A pickle of scikit-learn is only good for the version that wrote it.
PINNED = "scikit-learn"


def pipeline_engine_of(data: bytes, digest: str, *, threads: int = 1) -> Engine:
    """The engine of an artifact's bytes, of a pipeline or of any other kind.

    Raises:
        ArtifactError: they have another digest, or cannot be run here.
    """
    artifact = load_artifact(data, digest)
    if artifact.manifest["engine"].get("kind") != KIND:
        return load_engine(artifact, threads=threads)
    return Engine(artifact, Pipeline(artifact).run)


class Pipeline:
    """A fitted pipeline, unpickled."""

    def __init__(self, artifact: Artifact) -> None:
        """Unpickle it.

        Raises:
            ArtifactError: it was made by another scikit-learn, or does not load.
        """
        self._encoder: Encoder = artifact.encoder
        engine = artifact.manifest["engine"]
        self._columns: Sequence[int] | None = engine["columns"]
        _check_version(artifact.manifest["training"].get("libraries", {}))
        try:
            load_module(artifact.entries[SOURCE].decode(), str(engine["file"]))
            self._model: Any = pickle.loads(artifact.entries[PICKLE])  # noqa: S301  see above
        except Exception as error:
            where = (frames(error) or ["an unknown place"])[-1]
            kind = type(error).__name__
            raise ArtifactError(f"the pipeline does not load: {kind} at {where}") from error

    def run(self, address: int, rows: int) -> array[float]:
        """Scores of encoded rows: `rows * outputs`; arguments as `Engine.scores`.

        Raises:
            InvalidRows: the pipeline refuses some of them.
        """
        width = len(self._encoder)
        buffer = (c_float * (rows * width)).from_address(address)
        codes = np.ctypeslib.as_array(buffer).reshape(rows, width)
        try:
            found = self.scores(codes)
        except ValueError as error:  # how scikit-learn refuses data
            problems = self._refused(codes)
            if not problems:
                raise
            raise InvalidRows(problems) from error
        return array("d", found.tobytes())

    def scores(self, codes: Matrix) -> Scores:
        """Scores of encoded rows, [rows, outputs].

        Raises:
            ValueError: the pipeline refuses some of them.
        """
        return scores_of(self._model, frame_of(codes, self._encoder.features), self._columns)

    def _refused(self, codes: Matrix) -> list[RowProblem]:
        """Rows that the pipeline refuses when it is asked for them alone."""
        problems = []
        for number in range(len(codes)):
            try:
                self.scores(codes[number : number + 1])
            except ValueError:
                problems.append(RowProblem(number, "", REFUSED))
                if len(problems) >= MOST_PROBLEMS:
                    break
        return problems


def _check_version(trained: dict[str, str]) -> None:
    here, there = metadata.version(PINNED), trained.get(PINNED)
    if here != there:
        raise ArtifactError(
            f"the pipeline was made by {PINNED} {there} and {here} is installed; train it anew"
        )
