"""Slices: how well a model does on parts of its rows, with intervals that allow for their number.

Of many slices the worst always looks bad. The intervals of all slices together hold with the usual
confidence (Bonferroni), so that one that lies beyond the whole is worth a look.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.evaluation.bootstrap import LEVEL, resample
from perennial.evaluation.measure import Floats, Integers, value
from perennial.evaluation.measures import Classified, Estimated, Outcome, measures
from perennial.evaluation.record import Interval
from perennial.report import short
from perennial.spec import Metric, Task

MOST = 12  # values of a column that are shown, the most frequent ones
FEWEST_ROWS = 30  # below, a slice says nothing


def members(column: pa.Array) -> list[tuple[str, Integers]]:
    """The commonest values of a column, and quarters of one with many numbers, with their rows.

    Args:
        column: [rows] of numbers, texts or truth values; missing ones are in no slice.
    """
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        column = _quarters(column)
    codes = column.cast(pa.string()).dictionary_encode()
    places = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    counts = np.bincount(places[places >= 0], minlength=len(codes.dictionary))
    commonest = np.argsort(-counts, kind="stable")[:MOST]
    labels = codes.dictionary.to_pylist()
    return sorted((labels[code], np.flatnonzero(places == code)) for code in commonest)


def _quarters(column: pa.Array) -> pa.Array:
    """Numbers as the quarter of the rows they lie in; few different ones as they are."""
    if len(pc.unique(column)) <= MOST:
        return column
    numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    edges = np.unique(np.nanquantile(numbers, [0.25, 0.5, 0.75]))
    names = [f"1: below {short(edges[0])}"]
    names += [f"{place}: from {short(edge)}" for place, edge in enumerate(edges, 2)]
    where = np.searchsorted(edges, numbers, side="right")
    return pa.array(
        [None if np.isnan(n) else names[w] for n, w in zip(numbers, where, strict=True)]
    )


def part(outcome: Outcome, places: Integers) -> Outcome:
    """What was true and predicted of some rows."""
    if isinstance(outcome, Estimated):
        return Estimated(outcome.truth[places], outcome.predicted[places])
    return Classified(
        outcome.labels,
        outcome.truth[places],
        outcome.probabilities[places],
        outcome.threshold,
        None if outcome.by_row is None else outcome.by_row[places],
    )


def reached(
    task: Task, metric: Metric, outcome: Outcome, *, seed: int, slices: int
) -> tuple[float | None, Interval | None]:
    """A metric on one slice, and its interval; None where it is too small or undefined.

    Args:
        task: of the model.
        metric: of the task.
        outcome: of the slice's rows.
        seed: of the bootstrap.
        slices: that are looked at together.
    """
    rows = len(outcome.truth)
    if rows < FEWEST_ROWS:
        return None, None
    measure = measures(task, outcome)[metric]
    found = value(measure, rows)
    if not np.isfinite(found):
        return None, None
    bounds = _widened(resample({"it": measure}, rows, seed)["it"], found, slices)
    if bounds is not None and task is not Task.REGRESSION and metric is not Metric.LOG_LOSS:
        bounds = Interval(low=max(bounds.low, 0.0), high=min(bounds.high, 1.0))
    return found, bounds


def _widened(samples: Floats, found: float, slices: int) -> Interval | None:
    """A normal interval that holds for all slices together with the usual confidence."""
    defined = samples[np.isfinite(samples)]
    if len(defined) < 2:
        return None
    half = NormalDist().inv_cdf(1 - (1 - LEVEL) / (2 * slices)) * float(defined.std(ddof=1))
    return Interval(low=found - half, high=found + half)
