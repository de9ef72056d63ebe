"""Scores of many encoded rows, for whoever evaluates a pipeline without its libraries.

Asked: `{"scores": {"uri", "digest", "rows", "codes"}}`, codes being base64 of row-major float32.
Answered: `{"scores": base64 of row-major float64}`, or `{"refused": why}`.
"""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any

from perennial.errors import ArtifactError, InvalidRows
from perennial.pipelines.engine import pipeline_engine_of
from perennial.serving.engine import Engine


class Scorer:
    """Answers such events; the last artifact stays loaded."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """Args: read: the bytes of an artifact, by its address."""
        self._read = read
        self._loaded: tuple[str, Engine] | None = None

    def __call__(self, event: Mapping[str, Any]) -> dict[str, object]:
        """The scores of an event's rows.

        Raises:
            Unavailable: the artifact could not be read.
        """
        asked = event["scores"]
        codes = array("f", b64decode(asked["codes"]))
        try:
            engine = self._engine(asked["uri"], asked["digest"])
            found = engine.scores(codes.buffer_info()[0], int(asked["rows"]))
        except InvalidRows as error:
            return {"refused": f"its pipeline cannot answer for {len(error.problems)} of the rows"}
        except (ArtifactError, FileNotFoundError) as error:
            return {"refused": str(error)}
        return {"scores": b64encode(found.tobytes()).decode()}

    def _engine(self, uri: str, digest: str) -> Engine:
        if self._loaded is None or self._loaded[0] != digest:
            self._loaded = (digest, pipeline_engine_of(self._read(uri), digest))
        return self._loaded[1]
