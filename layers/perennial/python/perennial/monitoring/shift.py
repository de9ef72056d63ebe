"""Drift and data quality of a window: judged, and in the form of a report."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.monitoring.drift import judge_drift
from perennial.monitoring.findings import Findings
from perennial.monitoring.quality import judge_quality
from perennial.monitoring.record import FlawFound, Moved
from perennial.monitoring.window import DataWindow
from perennial.spec import ModelSpec


@dataclass(slots=True)
class Shift:
    """How far the data in service has moved from the training data, and what is wrong with it."""

    flaws: tuple[FlawFound, ...] = ()
    features: tuple[Moved, ...] = ()
    prediction: Moved | None = None
    auc: float | None = None  # of telling service from training


def judge_shift(spec: ModelSpec, window: DataWindow, findings: Findings) -> Shift:
    """Judge a window against the reference of the version in service.

    A part that breaks leaves the other standing.
    """
    found, limits = Shift(), spec.monitoring
    with findings.part("quality", "quality"):
        quality = judge_quality(window, limits.quality, limits.drift.false_alarms)
        findings.verdicts["quality"] = quality.verdict
        found.flaws = tuple(
            FlawFound.model_validate(flaw.model_dump(exclude={"p_value"})) for flaw in quality.flaws
        )
    with findings.part("drift", "drift", "prediction_drift", "multivariate"):
        drift = judge_drift(window, limits.drift)
        findings.verdicts |= drift.verdicts
        found.features, found.prediction = drift.features, drift.prediction
        found.auc = drift.auc
    return found
