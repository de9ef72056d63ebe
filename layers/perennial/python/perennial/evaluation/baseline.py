"""The model that has not looked at a single feature: what any other must be better than."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from perennial.evaluation.measures import Classified, Estimated
from perennial.spec.metrics import Metric

_OF_MEDIAN = frozenset({Metric.MAE, Metric.MEDIAN_ABSOLUTE_ERROR})


class TargetDistribution(BaseModel):
    """How the target was distributed in the rows that were trained on."""

    model_config = ConfigDict(frozen=True)

    counts: dict[str, int] | None = None  # rows by label
    mean: float | None = None
    median: float | None = None


def prior(candidate: Classified, target: TargetDistribution) -> Classified:
    """Gives every row the shares of the classes in training, so always calls the commonest."""
    counts = np.array([(target.counts or {}).get(label, 0) for label in candidate.labels], float)
    shares = counts / counts.sum()
    rows = np.broadcast_to(shares, (len(candidate.truth), len(shares)))
    return Classified(candidate.labels, candidate.truth, rows, threshold=None)


def constant(candidate: Estimated, target: TargetDistribution, primary: Metric) -> Estimated:
    """Estimates the same for every row: the training median for absolute errors, else the mean."""
    estimate = target.median if primary in _OF_MEDIAN else target.mean
    return Estimated(candidate.truth, np.full(len(candidate.truth), estimate, dtype=np.float64))
