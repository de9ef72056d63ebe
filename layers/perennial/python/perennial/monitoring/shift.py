"""Drift and data quality of a window, judged and written down."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.monitoring.findings import Findings
from perennial.monitoring.record import Moved
from perennial.monitoring.subject import Subject
from perennial.monitoring.window import DataWindow


@dataclass(slots=True)
class Shift:
    """How far the data in service has moved from the training data."""

    features: tuple[Moved, ...] = ()
    prediction: Moved | None = None
    auc: float | None = None  # of telling service from training


def judge_shift(subject: Subject, window: DataWindow, findings: Findings) -> Shift:
    """Judge a window against the reference of the version in service."""
    del subject, window, findings
    return Shift()
