"""A pipeline that is evaluated without its libraries: the function that has them gives the scores.

The libraries of a pipeline and those that read a holdout are together larger than a function may
be. Rows are encoded here and sent as numbers.
"""

from __future__ import annotations

import ctypes
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any

from perennial.evaluation.scoring import EngineScorer
from perennial.serving.artifact import Artifact, load_artifact
from perennial.serving.engine import Engine

_BYTES = (
    2_000_000  # of codes in one question; Lambda carries 6 MB, and base64 makes it a third more
)
_ROWS = 4_000  # in one question, so that slow pipelines answer in time

Ask = Callable[[Mapping[str, object]], Mapping[str, Any]]


def scorer_elsewhere(data: bytes, digest: str, uri: str, ask: Ask) -> EngineScorer:
    """A scorer that asks another function.

    Args:
        data: the artifact's bytes.
        digest: of them.
        uri: where that function finds the same bytes.
        ask: the function.

    Raises:
        ArtifactError: the bytes are not those of the digest.
    """
    artifact = load_artifact(data, digest)
    return EngineScorer(artifact, Engine(artifact, _Remote(artifact, uri, ask).run))


class _Remote:
    def __init__(self, artifact: Artifact, uri: str, ask: Ask) -> None:
        self._width = len(artifact.encoder)
        self._about = {"uri": uri, "digest": artifact.digest}
        self._ask = ask

    def run(self, address: int, rows: int) -> array[float]:
        """As `perennial.serving.engine.Run`.

        Raises:
            ValueError: the pipeline refuses some of the rows, or cannot be loaded.
            Unavailable: the function did not answer.
        """
        size = 4 * self._width
        at_once = max(1, min(_ROWS, _BYTES // size))
        found: array[float] = array("d")
        for start in range(0, rows, at_once):
            count = min(at_once, rows - start)
            codes = ctypes.string_at(address + start * size, count * size)
            asked = {**self._about, "rows": count, "codes": b64encode(codes).decode()}
            answer = self._ask({"scores": asked})
            if "scores" not in answer:
                raise ValueError(answer.get("refused", "the function for pipelines gave no scores"))
            found.frombytes(b64decode(answer["scores"]))
        return found
