"""What versions achieved on outcomes, with intervals; and whether that is good enough.

A verdict rests on an interval: it is an alarm only where all of the interval lies beyond the
bound. Slices are shown, with intervals widened for their number (Bonferroni), and alarm nobody:
of many slices the worst always looks bad.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from perennial.evaluation.compare import intervals
from perennial.evaluation.detail import detail
from perennial.evaluation.measures import Outcome, values
from perennial.evaluation.slices import members, part, reached
from perennial.monitoring.labelled import outcome_of
from perennial.monitoring.record import (
    SliceFound,
    Verdict,
    VersionFound,
    alarm,
    not_enough,
    not_judged,
    ok,
)
from perennial.report import count, short
from perennial.spec import Metric, ModelSpec

SEED = 20  # of the bootstrap: the same window always gives the same intervals


def watched(spec: ModelSpec) -> Metric:
    """The metric that floor, collapse and the version before are judged by."""
    return spec.monitoring.performance.metric or spec.primary


def achieved(
    spec: ModelSpec,
    version: int,
    rows: pa.Table,
    outcomes: int,
    *,
    threshold: float | None,
    holdout: Mapping[str, float],
) -> VersionFound:
    """The metrics of one version.

    Args:
        spec: of the model.
        version: its number.
        rows: its predictions with outcomes, or an even selection of them.
        outcomes: how many there were.
        threshold: from which probability on it calls a row positive (binary).
        holdout: what its evaluation found.

    Raises:
        ValueError: it did not predict what the spec asks for.
    """
    found = outcome_of(spec, rows, threshold)
    sensitive = spec.target in spec.sensitive
    return VersionFound(
        version=version,
        outcomes=outcomes,
        metrics=values(spec.task, found),
        intervals=intervals(spec.task, found, SEED),
        holdout=dict(holdout),
        calibration=detail(spec.task, found, sensitive=sensitive).calibration,
        slices=_slices(spec, rows, found),
    )


def _slices(spec: ModelSpec, rows: pa.Table, outcome: Outcome) -> tuple[SliceFound, ...]:
    found = [
        (name, label, places)
        for name in spec.monitoring.performance.slices
        for label, places in members(pc.struct_field(rows["features"].combine_chunks(), [name]))
    ]
    return tuple(
        _slice(spec, name, label, part(outcome, places), len(found))
        for name, label, places in found
    )


def _slice(spec: ModelSpec, name: str, label: str, outcome: Outcome, slices: int) -> SliceFound:
    told, bounds = reached(spec.task, watched(spec), outcome, seed=SEED, slices=slices)
    rows = len(outcome.truth)
    return SliceFound(feature=name, value=label, outcomes=rows, reached=told, interval=bounds)


def judge_bound(
    spec: ModelSpec, found: VersionFound | None, bound: float | None, what: str
) -> Verdict:
    """Whether the version in service is surely beyond a bound of the watched metric.

    Args:
        spec: of the model.
        found: what the version achieved; None without any outcome.
        bound: the floor, or where it has collapsed; None when the spec has none.
        what: "floor" or "collapse", for the sentence.
    """
    if bound is None:
        return not_judged(f"the spec sets no {what}")
    lacking = too_little(spec, found)
    if lacking is not None or found is None:
        return lacking or not_enough("no outcomes")
    metric = watched(spec)
    reached, span = found.metrics[metric.value], found.intervals[metric.value]
    beyond = span.high < bound if metric.higher_is_better else span.low > bound
    told = f"{metric.value} {short(reached)}, 95 % interval {short(span.low)} to {short(span.high)}"
    told += f", on {count(found.outcomes)} outcomes; {what} {short(bound)}"
    return alarm(told) if beyond else ok(told)


def too_little(spec: ModelSpec, found: VersionFound | None) -> Verdict | None:
    """Why nothing can be said of a version; None when something can."""
    least, metric = spec.monitoring.performance.minimum_outcomes, watched(spec).value
    outcomes = found.outcomes if found else 0
    if found is None or outcomes < least:
        return not_enough(f"{count(outcomes)} of at least {count(least)} outcomes")
    if metric not in found.metrics or metric not in found.intervals:
        return not_enough(f"{metric} is undefined on these outcomes, as of a single class")
    return None
