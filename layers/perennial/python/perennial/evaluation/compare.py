"""The candidate beside another model, on the same rows and the same bootstrap samples."""

from __future__ import annotations

import numpy as np

from perennial.evaluation.bootstrap import interval, resample
from perennial.evaluation.measure import value
from perennial.evaluation.measures import Outcome, measures, values
from perennial.evaluation.record import Comparison, Difference, Interval
from perennial.spec.metrics import Metric, Task


def compared(
    name: str,
    task: Task,
    primary: Metric,
    candidate: Outcome,
    other: Outcome,
    *,
    unanswerable: int,
    seed: int,
) -> Comparison:
    """Metrics of both, and the difference in the primary one with its interval.

    Args:
        name: how the other is called.
        task: what is predicted.
        primary: the metric whose difference gets an interval.
        candidate: what the candidate says about some rows.
        other: what the other says about the same rows.
        unanswerable: further rows, which the other refuses.
        seed: of the bootstrap.
    """
    return Comparison(
        name=name,
        rows=len(candidate.truth),
        unanswerable=unanswerable,
        metrics=values(task, other),
        candidate=values(task, candidate),
        difference=_difference(task, primary, candidate, other, seed),
    )


def _difference(
    task: Task, primary: Metric, candidate: Outcome, other: Outcome, seed: int
) -> Difference | None:
    mine, theirs = measures(task, candidate)[primary], measures(task, other)[primary]
    rows = len(candidate.truth)
    found = value(mine, rows) - value(theirs, rows)
    if not np.isfinite(found):
        return None
    samples = resample({"mine": mine, "theirs": theirs}, rows, seed)
    return Difference(
        value=found, interval=as_record(interval(samples["mine"] - samples["theirs"]))
    )


def intervals(task: Task, outcome: Outcome, seed: int) -> dict[str, Interval]:
    """The interval of every metric that has one."""
    samples = resample(measures(task, outcome), len(outcome.truth), seed)
    found = {metric.value: as_record(interval(of)) for metric, of in samples.items()}
    return {name: of for name, of in found.items() if of is not None}


def as_record(bounds: tuple[float, float] | None) -> Interval | None:
    """Bounds as they are written down."""
    return None if bounds is None else Interval(low=bounds[0], high=bounds[1])
