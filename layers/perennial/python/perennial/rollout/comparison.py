"""What is compared of two versions' answers: latency, predictions, and loss by their outcomes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.rollout.answers import Answers, labelled, numbers, probability, split_requests
from perennial.rollout.samples import Difference, Floats
from perennial.spec import Metric, ModelSpec, Task

GRACE_MS = 5.0  # added to both latencies: what nobody on the other side of a network can tell
MOST_LABELS = 20
_DECILES = np.linspace(0.1, 0.9, 9)
# One row must not decide over a mean; log loss is bounded by holding probabilities off 0.
_LEAST_PROBABILITY = 1e-4

_BY_LABEL = frozenset(
    {
        Metric.ACCURACY,
        Metric.BALANCED_ACCURACY,
        Metric.F1,
        Metric.MACRO_F1,
        Metric.PRECISION,
        Metric.RECALL,
    }
)
_ABSOLUTE = frozenset({Metric.MAE, Metric.MEDIAN_ABSOLUTE_ERROR})


def latency(both: Answers, tolerated: float) -> Difference:
    """Difference of the mean logarithms of milliseconds: of geometric means, their ratio.

    A request whose rows were answered by both versions says nothing of either.
    """
    values = []
    for rows, own in zip((both.challenger, both.champion), split_requests(both), strict=True):
        taken = numbers(rows, "latency_ms")
        valid = own & np.isfinite(taken) & (taken >= 0)
        values.append(np.where(valid, np.log(np.where(valid, taken, 0.0) + GRACE_MS), np.nan))
    return both.compare(*values, prior=max(math.log(tolerated), 0.1))


def shift(both: Answers, spec: ModelSpec, tolerated: float) -> Mapping[str, Difference]:
    """By group of predictions, how much larger the challenger's share of it is.

    Numbers are grouped at the deciles of both versions, so that the largest difference is the
    Kolmogorov-Smirnov distance as seen at them; labels one by one.
    """
    groups: dict[str, tuple[Floats, Floats]] = {}
    rows = both.challenger, both.champion
    if not all(each.num_rows for each in rows):
        return {}
    if spec.task is Task.REGRESSION:
        new, old = (numbers(each, "prediction") for each in rows)
        groups |= _at_deciles(new, old, "at most")
    else:
        groups |= _by_label(*rows)
    if spec.task is Task.BINARY:
        new, old = (probability(each, str(spec.positive_class)) for each in rows)
        groups |= _at_deciles(new, old, "given a probability of at most")
    return {group: both.compare(new, old, prior=tolerated) for group, (new, old) in groups.items()}


def _at_deciles(new: Floats, old: Floats, words: str) -> dict[str, tuple[Floats, Floats]]:
    finite = [each[np.isfinite(each)] for each in (new, old)]
    if not all(len(each) for each in finite):
        return {}
    edges = np.unique(np.concatenate([np.quantile(each, _DECILES) for each in finite]))
    return {f"{words} {edge:.6g}": (_at_most(new, edge), _at_most(old, edge)) for edge in edges}


def _at_most(values: Floats, edge: float) -> Floats:
    return np.where(np.isfinite(values), values <= edge, np.nan)


def _by_label(new: pa.Table, old: pa.Table) -> dict[str, tuple[Floats, Floats]]:
    """The labels that are given most often; where there are only two, one says it all."""
    of_new, of_old = labelled(new), labelled(old)
    often = {
        label: np.nansum(of_new.get(label, 0.0)) / new.num_rows
        + np.nansum(of_old.get(label, 0.0)) / old.num_rows
        for label in {**of_new, **of_old}
    }
    kept = sorted(often, key=lambda label: (-often[label], label))[:MOST_LABELS]
    if len(often) == 2:
        kept = kept[-1:]
    missing = [_none_of(of, rows) for of, rows in ((of_new, new), (of_old, old))]
    return {
        f"labelled {label!r}": (of_new.get(label, missing[0]), of_old.get(label, missing[1]))
        for label in kept
    }


def _none_of(given: Mapping[str, Floats], rows: pa.Table) -> Floats:
    """Nobody has a label that is not among those given; NaN stays for rows without any."""
    some = next(iter(given.values()), np.full(rows.num_rows, np.nan))
    return np.where(np.isnan(some), np.nan, 0.0)


def loss(both: Answers, spec: ModelSpec, tolerated: float) -> tuple[Difference, float]:
    """How far the challenger's loss lies above what is tolerated, and the champion's mean loss.

    Args:
        both: answers with a column `outcome`.
        spec: says by which loss.
        tolerated: share of the champion's loss the challenger may lose more.
    """
    new, old = (_losses(rows, spec) for rows in (both.challenger, both.champion))
    known = old[np.isfinite(old)]
    whole = float(known.mean()) if len(known) else 0.0
    difference = both.compare(new, old, prior=max(tolerated, 0.01) * whole, times=1 + tolerated)
    return difference, whole


def rarer_outcomes(both: Answers, spec: ModelSpec) -> int | None:
    """Outcomes of the second most frequent label, of the version that has fewer; None: numbers.

    As long as next to all came true alike, the spread of the losses is that of one label, and a
    mean seems far more certain than it is.
    """
    if spec.task is Task.REGRESSION:
        return None
    return min(_second(rows) for rows in (both.challenger, both.champion))


def _second(rows: pa.Table) -> int:
    if not rows.num_rows:
        return 0
    counts = pc.value_counts(rows["outcome"].drop_null()).field("counts").to_pylist()
    return int(sorted(counts)[-2]) if len(counts) > 1 else 0


def _losses(rows: pa.Table, spec: ModelSpec) -> Floats:
    metric = spec.monitoring.performance.metric or spec.primary
    if not rows.num_rows:
        return np.empty(0)
    if spec.task is Task.REGRESSION:
        away = np.abs(numbers(rows, "prediction") - numbers(rows, "outcome"))
        return away if metric in _ABSOLUTE else away**2
    wrong = _wrong(rows)
    if metric in _BY_LABEL:
        return wrong
    probable = _of_truth(rows)
    if metric is Metric.BRIER:
        return np.where(np.isfinite(probable), (1 - probable) ** 2, wrong)
    told = -np.log(np.clip(probable, _LEAST_PROBABILITY, 1.0))
    return np.where(np.isfinite(probable), told, np.nan)


def _wrong(rows: pa.Table) -> Floats:
    said, true = (
        rows[name].cast(pa.string()).combine_chunks() for name in ("prediction", "outcome")
    )
    differ = pc.cast(pc.not_equal(said, true), pa.float64())
    return np.asarray(differ.to_numpy(zero_copy_only=False), np.float64)


def _of_truth(rows: pa.Table) -> Floats:
    """The probability that was given to what came true; 0 for a label the version never saw."""
    texts = rows["outcome"].cast(pa.string()).combine_chunks()
    found = np.full(rows.num_rows, np.nan)
    for label in pc.unique(texts).drop_null().to_pylist():
        here = pc.fill_null(pc.equal(texts, label), False).to_numpy(zero_copy_only=False)
        found[here] = probability(rows, label)[here]
    if "probabilities" in rows.column_names:
        given = pc.is_valid(rows["probabilities"]).combine_chunks().to_numpy(zero_copy_only=False)
        known = pc.is_valid(texts).to_numpy(zero_copy_only=False)
        found = np.where(given & known & np.isnan(found), 0.0, found)
    return found
