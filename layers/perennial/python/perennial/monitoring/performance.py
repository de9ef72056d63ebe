"""What versions achieved on outcomes, with intervals; and whether that is good enough.

A verdict rests on an interval: it is an alarm only where all of the interval lies beyond the
bound. Slices are shown, with intervals widened for their number (Bonferroni), and alarm nobody:
of many slices the worst always looks bad.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.evaluation.bootstrap import LEVEL, resample
from perennial.evaluation.compare import intervals
from perennial.evaluation.detail import detail
from perennial.evaluation.measure import Floats, Integers, value
from perennial.evaluation.measures import Classified, Estimated, Outcome, measures, values
from perennial.evaluation.record import Interval
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
SLICES = 12  # values of a feature that are shown, the most frequent ones
FEWEST_IN_SLICE = 30  # outcomes; below, a slice says nothing


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
    members = [
        (name, label, places)
        for name in spec.monitoring.performance.slices
        for label, places in _members(rows, name)
    ]
    return tuple(
        _slice(spec, name, label, _some(outcome, places), len(members))
        for name, label, places in members
    )


def _members(rows: pa.Table, feature: str) -> list[tuple[str, Integers]]:
    """The commonest values of a feature, and quarters of one with many numbers, with their rows."""
    column = pc.struct_field(rows["features"].combine_chunks(), [feature])
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        column = _quarters(column)
    codes = column.cast(pa.string()).dictionary_encode()
    places = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    counts = np.bincount(places[places >= 0], minlength=len(codes.dictionary))
    commonest = np.argsort(-counts, kind="stable")[:SLICES]
    labels = codes.dictionary.to_pylist()
    return sorted((labels[code], np.flatnonzero(places == code)) for code in commonest)


def _quarters(column: pa.Array) -> pa.Array:
    """Numbers as the quarter of the rows they lie in; few different ones as they are."""
    if len(pc.unique(column)) <= SLICES:
        return column
    numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    edges = np.unique(np.nanquantile(numbers, [0.25, 0.5, 0.75]))
    names = [f"1: below {short(edges[0])}"]
    names += [f"{place}: from {short(edge)}" for place, edge in enumerate(edges, 2)]
    where = np.searchsorted(edges, numbers, side="right")
    return pa.array(
        [None if np.isnan(n) else names[w] for n, w in zip(numbers, where, strict=True)]
    )


def _some(outcome: Outcome, places: Integers) -> Outcome:
    if isinstance(outcome, Estimated):
        return Estimated(outcome.truth[places], outcome.predicted[places])
    return Classified(
        outcome.labels, outcome.truth[places], outcome.probabilities[places], outcome.threshold
    )


def _slice(spec: ModelSpec, name: str, label: str, outcome: Outcome, slices: int) -> SliceFound:
    rows = len(outcome.truth)
    reached, bounds = float("nan"), None
    if rows >= FEWEST_IN_SLICE:
        measure = measures(spec.task, outcome)[watched(spec)]
        reached = value(measure, rows)
        bounds = _widened(resample({"it": measure}, rows, SEED)["it"], reached, slices)
    told = reached if np.isfinite(reached) else None
    return SliceFound(feature=name, value=label, outcomes=rows, reached=told, interval=bounds)


def _widened(samples: Floats, reached: float, looks: int) -> Interval | None:
    """A normal interval that holds for all slices together with the usual confidence."""
    defined = samples[np.isfinite(samples)]
    if len(defined) < 2 or not np.isfinite(reached):
        return None
    half = NormalDist().inv_cdf(1 - (1 - LEVEL) / (2 * looks)) * float(defined.std(ddof=1))
    return Interval(low=reached - half, high=reached + half)


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
