"""What carrying out a step takes, learned from the training rows: means, edges, weights, orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.errors import TrainingFailed
from perennial.features import steps
from perennial.features.by_column import Values
from perennial.features.schema import MISSING, FeatureSchema
from perennial.features.steps import Step
from perennial.spec.steps import (
    AnyStep,
    Arithmetic,
    Bin,
    BinMethod,
    Date,
    DatePart,
    Log,
    OneHot,
    Ordinal,
    Reduce,
    Scale,
    ScaleMethod,
    Text,
)
from perennial.training.reduction import reduced

Floats = npt.NDArray[np.float64]


def learned(step: AnyStep, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    """A step of a spec, ready to be carried out.

    Args:
        step: any but a target encoding.
        values: of the columns it reads, training rows only.
        feature: the first of them; None where it is made by an earlier step.

    Raises:
        TrainingFailed: the data does not fit it.
    """
    return _LEARNED_BY[type(step)](step, values, feature)


def present(values: Values) -> Floats:
    """The values that are there."""
    found: Floats = np.asarray(values, dtype=np.float64)
    return found[~np.isnan(found)]


def _labels(feature: FeatureSchema | None) -> tuple[str, ...]:
    return feature.categories or () if feature else ()


def _one_hot(step: OneHot, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del values
    missing = feature is not None and (feature.nullable or feature.unseen == MISSING)
    outputs = step.made_of(_labels(feature), missing=missing)
    if not outputs:
        raise TrainingFailed(f"engineering: {step.column} has no value to make columns of")
    return Step(steps.ONE_HOT, step.reads, outputs, {"missing": missing})


def _ordinal(step: Ordinal, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del values
    labels = _labels(feature)
    lacking = [label for label in labels if label not in step.order]
    if lacking:
        raise TrainingFailed(
            f"engineering: the order of {step.column} lacks {len(lacking)} of the categories "
            "that the data has"
        )
    table = [[float(step.order.index(label))] for label in labels]
    return Step(steps.LOOKUP, step.reads, step.made, {"table": table, "missing": [None]})


def _scale(step: Scale, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del feature
    found = [_moved(present(one), step.method) for one in values]
    learnt = {"center": [one for one, _ in found], "scale": [one for _, one in found]}
    return Step(steps.SCALE, step.reads, step.made, learnt)


def _moved(values: Floats, method: ScaleMethod) -> tuple[float, float]:
    """Where zero is and what one is; a column of one value becomes 0."""
    if not len(values):
        return 0.0, 1.0
    if method is ScaleMethod.STANDARD:
        center, scale = values.mean(), values.std()
    elif method is ScaleMethod.MINMAX:
        center, scale = values.min(), np.ptp(values)
    else:
        low, center, high = np.quantile(values, [0.25, 0.5, 0.75])
        scale = high - low
    constant = values.min() == values.max() or not scale > 0
    return float(center), 1.0 if constant else float(scale)


def _log(step: Log, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del values, feature
    return Step(steps.LOG, step.reads, step.made, {"signed": step.signed})


def _bin(step: Bin, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del feature
    known = present(values[0])
    if step.method is BinMethod.EDGES:
        edges = list(step.edges)
    elif not len(known):
        edges = []
    else:
        shares = np.linspace(0, 1, step.bins + 1)[1:-1]
        low, high = float(known.min()), float(known.max())
        inner = (
            np.quantile(known, shares)
            if step.method is BinMethod.QUANTILE
            else low + (high - low) * shares
        )
        edges = np.unique(inner[inner > low]).tolist()
    return Step(steps.BIN, step.reads, step.made, {"edges": edges})


def _date(step: Date, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del values, feature
    # In the order of `Date.made`.
    since = None if step.since is None else datetime.combine(step.since, time(), UTC).timestamp()
    learnt: dict[str, Any] = {
        "parts": [DatePart(part).value for part in step.parts],
        "cyclic": [part.value for part in step.cyclic],
        "since": since,
    }
    return Step(steps.DATE, step.reads, step.made, learnt)


def _arithmetic(step: Arithmetic, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del values, feature
    return Step(step.step, step.reads, step.made)


def _text(step: Text, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del values, feature
    learnt = {"length": step.length, "words": step.words, "hashes": step.hashes}
    return Step(steps.WORDS, step.reads, step.made, learnt)


def _reduce(step: Reduce, values: Sequence[Values], feature: FeatureSchema | None) -> Step:
    del feature
    center, scale, weights = reduced(values, step.method, step.components)
    learnt = {"center": center, "scale": scale, "weights": weights}
    return Step(steps.REDUCE, step.reads, step.made, learnt)


_LEARNED_BY: Mapping[type, Callable[[Any, Sequence[Values], FeatureSchema | None], Step]] = {
    OneHot: _one_hot,
    Ordinal: _ordinal,
    Scale: _scale,
    Log: _log,
    Bin: _bin,
    Date: _date,
    Arithmetic: _arithmetic,
    Text: _text,
    Reduce: _reduce,
}
