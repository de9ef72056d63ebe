"""Scores of many encoded rows, for whoever asks about a pipeline without its libraries.

Asked: `{"scores": {"uri", "digest", "rows", "outputs", "codes"}}`, codes being base64 of
row-major float32.
Answered: `{"scores": base64 of row-major float64, "unanswered": n}`, or `{"refused": why}`. The
scores are those of the first rows, as many as there was time for, one row at least; of them n
have NaN, since the pipeline refuses them.
"""

from __future__ import annotations

import time
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from perennial.errors import ArtifactError
from perennial.pipelines.engine import KIND, Pipeline
from perennial.pipelines.frames import Matrix
from perennial.pipelines.scoring import Scores
from perennial.serving.artifact import load_artifact

# After these seconds no more rows are begun, and what there is is the answer. No stretch of rows
# is longer than all before it, so an answer takes about twice that, of the function's 22.
SECONDS = 5.0
_FIRST = 250  # rows of the first stretch


class Scorer:
    """Answers such events; the last artifact stays loaded."""

    def __init__(
        self, read: Callable[[str], bytes], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Args: read: the bytes of an artifact, by its address; clock: seconds."""
        self._read = read
        self._clock = clock
        self._loaded: tuple[str, Pipeline] | None = None

    def __call__(self, event: Mapping[str, Any]) -> dict[str, object]:
        """The scores of an event's rows.

        Raises:
            Unavailable: the artifact could not be read.
        """
        asked = event["scores"]
        rows = int(asked["rows"])
        codes = np.frombuffer(b64decode(asked["codes"]), dtype=np.float32).reshape(rows, -1)
        try:
            pipeline = self._pipeline(asked["uri"], asked["digest"])
        except (ArtifactError, FileNotFoundError) as error:
            return {"refused": str(error)}
        found, unanswered = self._scores(pipeline, codes, int(asked["outputs"]))
        return {"scores": b64encode(found.tobytes()).decode(), "unanswered": unanswered}

    def _scores(self, pipeline: Pipeline, codes: Matrix, outputs: int) -> tuple[array[float], int]:
        """Of the first rows; a stretch that is refused is halved until the rows stand alone."""
        until = self._clock() + SECONDS
        found: array[float] = array("d")
        unanswered = 0
        stretches = _stretches(len(codes))
        while stretches and (not found or self._clock() < until):
            start, stop = stretches.pop()
            scores = _attempt(pipeline, codes[start:stop])
            if scores is not None:
                found.frombytes(scores.tobytes())
            elif stop - start == 1:
                found.extend([np.nan] * outputs)
                unanswered += 1
            else:
                middle = (start + stop) // 2
                stretches += [(middle, stop), (start, middle)]
        return found, unanswered

    def _pipeline(self, uri: str, digest: str) -> Pipeline:
        if self._loaded is None or self._loaded[0] != digest:
            artifact = load_artifact(self._read(uri), digest)
            if artifact.manifest["engine"].get("kind") != KIND:
                raise ArtifactError("the artifact is no pipeline")
            self._loaded = (digest, Pipeline(artifact))
        return self._loaded[1]


def _stretches(rows: int) -> list[tuple[int, int]]:
    """The rows from the last to the first, each stretch as long as all before it."""
    edges = [0]
    while edges[-1] < rows:
        edges.append(min(rows, max(_FIRST, 2 * edges[-1])))
    return list(pairwise(edges))[::-1]


def _attempt(pipeline: Pipeline, codes: Matrix) -> Scores | None:
    """Scores [rows, outputs], or None where the pipeline refuses them together."""
    try:
        return pipeline.scores(codes)
    except ValueError:  # how scikit-learn refuses data
        return None
