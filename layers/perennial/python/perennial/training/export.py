"""Turns a fitted estimator into an artifact, and refuses one that answers differently."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from perennial.features.encoder import Encoder
from perennial.features.engineered import EngineeredEncoder
from perennial.serving.artifact import ENGINEERED, FORMAT, GOLDEN, digest_of, write_artifact
from perennial.serving.engine import Engine, engine_of
from perennial.serving.group_thresholds import MEMBER as GROUP_THRESHOLDS
from perennial.spec import Algorithm, Task
from perennial.training.data import TrainingData
from perennial.training.estimator import Exported, Fitted
from perennial.training.golden import golden_document, golden_rows
from perennial.training.group_thresholds import ByGroup
from perennial.training.parity import Parity
from perennial.training.probes import probes
from perennial.training.split import HOLDOUT, VALIDATION
from perennial.training.threshold import best_threshold

_VARIED = 64  # rows of the holdout that probes are made of


def export(
    data: TrainingData,
    fitted: Fitted,
    held_out: Iterable[pa.RecordBatch],
    *,
    threshold: float | None,
    origin: dict[str, Any],
    threads: int,
    by_group: ByGroup | None = None,
) -> bytes:
    """The artifact of a fitted estimator.

    Args:
        data: what it was fitted on.
        fitted: the estimator.
        held_out: rows of the holdout, to take golden rows from.
        threshold: from which a row is called positive; None unless the task is binary.
        origin: the manifest's `training`: what the artifact was made of.
        threads: for the comparison.
        by_group: thresholds of groups, which come before the one of all.

    Raises:
        ExportMismatch: the exported form differs from the estimator.
    """
    exported = fitted.export()
    manifest = _manifest(data, exported, threshold, origin)
    if by_group is not None:
        manifest[GROUP_THRESHOLDS] = by_group.manifest
    bare = write_artifact(manifest, exported.entries)
    engine = engine_to_serve(bare, exported.engine["kind"], threads)
    verify(data, fitted, engine)
    golden = golden_document(golden_rows(held_out, data.encoder), engine)
    text = json.dumps(golden, ensure_ascii=False, allow_nan=False, indent=1)
    return write_artifact(manifest, {**exported.entries, GOLDEN: text.encode()})


def engine_to_serve(artifact: bytes, kind: str, threads: int) -> Engine:
    """What will serve the artifact: a pipeline that is kept as it is has an engine of its own."""
    if kind == "pipeline":
        from perennial.pipelines.engine import pipeline_engine_of

        return pipeline_engine_of(artifact, digest_of(artifact), threads=threads)
    return engine_of(artifact, digest_of(artifact), threads=threads)


def verify(data: TrainingData, fitted: Fitted, engine: Engine) -> Parity:
    """Compare the engine with the estimator on the whole holdout, and on what it may lack.

    Raises:
        ExportMismatch: they differ.
    """
    parity = Parity()
    for codes, _ in data.batches(HOLDOUT):
        parity.compare(codes, fitted, engine)
    # A user's own pipeline may not take what its data never has.
    if data.dataset.spec.algorithm.name is not Algorithm.PIPELINE:
        some, _ = next(data.batches(HOLDOUT))
        for batch in probes(some[:_VARIED], data.encoder):
            parity.compare(batch, fitted, engine)
    return parity


def threshold_of(data: TrainingData, fitted: Fitted) -> float | None:
    """The threshold of a binary task, chosen on the validation part."""
    if data.task is not Task.BINARY:
        return None
    scores = [fitted.predict(codes)[:, 1] for codes, _ in data.batches(VALIDATION)]
    return best_threshold(np.concatenate(scores), data.labels(VALIDATION) == 1)


def _manifest(
    data: TrainingData, exported: Exported, threshold: float | None, origin: dict[str, Any]
) -> dict[str, Any]:
    spec, classes = data.dataset.spec, data.target.classes
    return {
        **_made(data.encoder),
        "model": spec.name,
        "task": spec.task.value,
        "algorithm": spec.algorithm.name.value,
        "classes": None if classes is None else list(classes),
        "positive": spec.positive_class,
        "threshold": threshold,
        "features": [feature.to_json() for feature in data.encoder.features],
        "engine": exported.engine,
        "training": origin,
        **({"pseudonymised": list(spec.privacy.learned)} if spec.privacy.learned else {}),
    }


def _made(encoder: Encoder) -> dict[str, Any]:
    """How columns are made of the features; who does not know how must not serve the model."""
    if isinstance(encoder, EngineeredEncoder):
        return {"format": ENGINEERED, "engineering": encoder.recipe.to_json()}
    return {"format": FORMAT}
