"""Carries steps out for whole columns: the bits that `perennial.features.by_row` gives.

Numbers are float64, and each operation is the one Python does, in the same order. What numpy would
compute in a way of its own (logarithms) is asked of the same library of C.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from perennial.features import calendar, steps
from perennial.features.codec import LARGEST_FLOAT32
from perennial.features.steps import Step
from perennial.features.words import numbers_of

Floats = npt.NDArray[np.float64]
Values = Any  # Floats or, of a text, strings of Arrow
_LOG1P: Any = np.frompyfunc(math.log1p, 1, 1)


def derived(inputs: Sequence[Values], step: Step) -> list[Floats]:
    """What a step makes of its inputs, each [rows]; missing is NaN."""
    with np.errstate(all="ignore"):
        return _MADE_BY[step.kind](inputs, len(step.outputs), **step.learned)


def derive_all(known: dict[str, Values], fitted: Sequence[Step]) -> dict[str, Values]:
    """The columns of features, and those that steps make of them, by name."""
    for step in fitted:
        made = derived([known[name] for name in step.inputs], step)
        known.update(zip(step.outputs, made, strict=True))
    return known


def _within(values: Floats) -> Floats:
    return np.clip(values, -LARGEST_FLOAT32, LARGEST_FLOAT32)


def _codes(values: Values) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Codes of a category, 0 where there is none, and where that is."""
    missing = np.isnan(values)
    return np.where(missing, 0, values).astype(np.int64), missing


def _one_hot(inputs: Sequence[Values], width: int, *, missing: bool) -> list[Floats]:
    codes, absent = _codes(inputs[0])
    places = np.where(absent, width - 1 if missing else -1, codes)
    return [(places == place).astype(np.float64) for place in range(width)]


def _lookup(
    inputs: Sequence[Values],
    width: int,
    *,
    table: Sequence[Sequence[float]],
    missing: Sequence[float | None],
) -> list[Floats]:
    codes, absent = _codes(inputs[0])
    rows = np.array([*table, missing], dtype=np.float64).reshape(-1, width)
    places = np.where(absent, len(rows) - 1, codes)
    return [rows[places, output] for output in range(width)]


def _scale(
    inputs: Sequence[Values], width: int, *, center: Sequence[float], scale: Sequence[float]
) -> list[Floats]:
    del width
    terms = zip(inputs, center, scale, strict=True)
    return [_within((values - mean) / unit) for values, mean, unit in terms]


def _log(inputs: Sequence[Values], width: int, *, signed: bool) -> list[Floats]:
    del width
    values = np.asarray(inputs[0], dtype=np.float64)
    if signed:
        return [np.copysign(_LOG1P(np.abs(values)).astype(np.float64), values)]
    beyond = ~(values > -1.0)
    logs = _LOG1P(np.where(beyond, 0.0, values)).astype(np.float64)
    return [np.where(beyond, np.nan, logs)]


def _bin(inputs: Sequence[Values], width: int, *, edges: Sequence[float]) -> list[Floats]:
    del width
    bins = np.searchsorted(np.array(edges, dtype=np.float64), inputs[0], side="right")
    return [np.where(np.isnan(inputs[0]), np.nan, bins.astype(np.float64))]


def _date(
    inputs: Sequence[Values],
    width: int,
    *,
    parts: Sequence[str],
    cyclic: Sequence[str],
    since: float | None,
) -> list[Floats]:
    del width
    moments = np.asarray(inputs[0], dtype=np.float64)
    missing = np.isnan(moments)
    seconds = np.floor(np.where(missing, 0.0, moments)).astype(np.int64)
    found = dict(zip(calendar.PARTS, calendar.parts_of(seconds), strict=True))
    found[calendar.IS_WEEKEND] = found[calendar.WEEKDAY] >= 5
    made: list[Any] = [found[part] for part in parts]
    for part in cyclic:
        turns = found[part] - calendar.CYCLES[part][1]
        made += [np.array(table)[turns] for table in calendar.circle(part)]
    if since is not None:
        made.append((moments - since) / calendar.DAY)
    return [np.where(missing, np.nan, one) for one in made]


def _ratio(inputs: Sequence[Values], width: int) -> list[Floats]:
    del width
    above, below = inputs
    return [np.where(below == 0, np.nan, _within(above / below))]


def _difference(inputs: Sequence[Values], width: int) -> list[Floats]:
    del width
    return [_within(inputs[0] - inputs[1])]


def _product(inputs: Sequence[Values], width: int) -> list[Floats]:
    del width
    return [_within(inputs[0] * inputs[1])]


def _text(
    inputs: Sequence[Values], width: int, *, length: bool, words: bool, hashes: int
) -> list[Floats]:
    """Each different text is looked at once."""
    texts = pc.dictionary_encode(inputs[0])
    rows = [
        numbers_of(text, length=length, words=words, hashes=hashes)
        for text in texts.dictionary.to_pylist()
    ]
    table = np.array([*rows, [np.nan] * width], dtype=np.float64)
    places = texts.indices.fill_null(len(rows)).to_numpy(zero_copy_only=False)
    return list(np.ascontiguousarray(table[places].T))


def _reduce(
    inputs: Sequence[Values],
    width: int,
    *,
    center: Sequence[float],
    scale: Sequence[float],
    weights: Sequence[Sequence[float]],
) -> list[Floats]:
    del width
    terms = zip(inputs, center, scale, strict=True)
    standard = [
        np.where(np.isnan(values), 0.0, (values - mean) / unit) for values, mean, unit in terms
    ]
    sums = []
    for row in weights:
        total = np.zeros(len(standard[0]))
        for values, weight in zip(standard, row, strict=True):
            total += values * weight
        sums.append(_within(total))
    return sums


_MADE_BY: Mapping[str, Callable[..., list[Floats]]] = {
    steps.ONE_HOT: _one_hot,
    steps.LOOKUP: _lookup,
    steps.SCALE: _scale,
    steps.LOG: _log,
    steps.BIN: _bin,
    steps.DATE: _date,
    steps.RATIO: _ratio,
    steps.DIFFERENCE: _difference,
    steps.PRODUCT: _product,
    steps.WORDS: _text,
    steps.REDUCE: _reduce,
}
