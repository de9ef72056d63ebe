"""How well was said what came true: chunk by chunk, by those who answered and by version 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from perennial.evaluation.scoring import load_scorer
from perennial.registry.layout import split_uri
from perennial.spec import FeatureType, ModelSpec

from examples.story.deployment import Deployment
from examples.story.scenario import History

Floats = npt.NDArray[np.float64]
_TYPES = {
    FeatureType.NUMBER: pa.float64(),
    FeatureType.INTEGER: pa.int64(),
    FeatureType.BOOLEAN: pa.bool_(),
    FeatureType.CATEGORY: pa.string(),
    FeatureType.TIMESTAMP: pa.string(),
}
_LEAST = 1e-6  # a probability of 0 has no logarithm


@dataclass(frozen=True)
class Point:
    """A chunk of rows: the first of them, and the mean loss."""

    row: int
    loss: float


def left_alone(deployment: Deployment, spec: ModelSpec, history: History, begin: int) -> Floats:
    """What the first version says of the rows from `begin` on, by the engine that serves it."""
    version = deployment.registry.version(spec.name, 1)
    if version is None:
        raise LookupError("there is no version 1")
    bucket, key = split_uri(version.artifact_uri)
    data = deployment.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    scorer = load_scorer(data, version.artifact_digest)
    rows = history.rows[begin:]
    columns = {
        name: pa.array([row[name] for row in rows], _TYPES[one.type])
        for name, one in spec.features.items()
    }
    scores, _ = scorer.scores(pa.RecordBatch.from_pydict(columns))
    labels = scorer.labels
    if labels is None or scores.shape[1] == 1:
        return np.asarray(scores[:, 0])
    return np.asarray(scores[:, labels.index(str(spec.positive_class))])


def by_chunk(
    spec: ModelSpec, rows: Sequence[int], said: Floats, truths: Sequence[str | float], size: int
) -> list[Point]:
    """The mean loss of each `size` answers in turn: log loss, or absolute error."""
    each = losses(spec, said, truths)
    return [
        Point(rows[begin], float(each[begin : begin + size].mean()))
        for begin in range(0, len(each), size)
        if begin == 0 or len(each) - begin >= size // 3  # a rest of a few rows says nothing
    ]


def losses(spec: ModelSpec, said: Floats, truths: Sequence[str | float]) -> Floats:
    """The loss of each answer."""
    if spec.positive_class is None:
        return np.abs(said - np.asarray(truths, np.float64))
    positive = np.array([truth == str(spec.positive_class) for truth in truths])
    given = np.clip(np.where(positive, said, 1 - said), _LEAST, 1.0)
    found: Floats = -np.log(given)
    return found


def mean(values: Floats) -> float:
    """The mean; not a number of nothing."""
    return float(values.mean()) if len(values) else math.nan
