"""The engine of an artifact where nothing is installed: serving's own code, with plain trees.

Standard library only. Encoder, sums, links and labels are those of the endpoint; only what
`libxgboost` does there is done by `perennial.portable.plain_trees`.
"""

from __future__ import annotations

from perennial.errors import ArtifactError
from perennial.portable.plain_trees import PlainTrees
from perennial.serving.artifact import LEAVES, TREES, Artifact
from perennial.serving.boosted import Boosted
from perennial.serving.engine import Engine
from perennial.serving.forest import Forest
from perennial.serving.linear import Linear

KINDS = ("xgboost", "forest", "linear")


def plain_engine(artifact: Artifact) -> Engine:
    """Make an artifact ready to answer.

    Raises:
        ArtifactError: its model is missing, damaged or of a kind this code does not know.
    """
    engine, width = artifact.manifest["engine"], len(artifact.encoder)
    kind = engine.get("kind")
    try:
        if kind == "linear":
            linear = Linear(engine, width)
            return Engine(artifact, linear.outputs, linear.contributions)
        if kind not in KINDS:
            raise ArtifactError(f"a model of the kind {kind} cannot be run without its libraries")
        trees = PlainTrees(artifact.entries[TREES])
        if kind == "xgboost":
            return Engine(artifact, Boosted(engine, trees, width).outputs)  # type: ignore[arg-type]
        forest = Forest(engine, trees, artifact.entries[LEAVES], width)  # type: ignore[arg-type]
        return Engine(artifact, forest.outputs)
    except KeyError as error:
        raise ArtifactError(f"the artifact has no {error} that this code can run") from error
