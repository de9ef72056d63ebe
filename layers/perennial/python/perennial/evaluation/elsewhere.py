"""A pipeline evaluated without its libraries: the function that has them gives the scores."""

from __future__ import annotations

from perennial.evaluation.scoring import EngineScorer
from perennial.pipelines.asking import Ask, Elsewhere
from perennial.serving.artifact import load_artifact
from perennial.serving.engine import Engine


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
    return EngineScorer(artifact, Engine(artifact, Elsewhere(artifact, uri, ask).all_scores))
