"""Carries steps out for one row. Standard library only; see `perennial.features.by_column`.

A step is a closure over what it needs. It is given what is known of the row so far, one value per
feature and then one per column made of them, and appends what it makes. NaN is a missing value.
Numbers are Python's, which are float64, and every result is kept within float32's range.
"""

from __future__ import annotations

import math
from bisect import bisect_right

from perennial.features import calendar, steps
from perennial.features.codec import LARGEST_FLOAT32, NAN
from perennial.features.words import numbers_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Values = list[Any]  # texts among the floats
    Derive = Callable[[Values], None]
    Numbers = Sequence[float]


def derivations(features: Sequence[str], fitted: Sequence[steps.Step]) -> list[Derive]:
    """One closure per step.

    Raises:
        KeyError: a step reads what no feature is and no earlier step has made.
        TypeError: a step lacks something it needs.
    """
    places = {name: place for place, name in enumerate(features)}
    made = []
    for step in fitted:
        inputs = [places[name] for name in step.inputs]
        made.append(_MADE_BY[step.kind](inputs, len(step.outputs), **step.learned))
        for name in step.outputs:
            places[name] = len(places)
    return made


def _within(value: float) -> float:
    """The nearest number that a float32 holds; a missing one stays missing."""
    if value > LARGEST_FLOAT32:
        return LARGEST_FLOAT32
    return -LARGEST_FLOAT32 if value < -LARGEST_FLOAT32 else value


def _one_hot(inputs: Sequence[int], width: int, *, missing: bool) -> Derive:
    (place,) = inputs
    zeros = [0.0] * width

    def derive(values: Values) -> None:
        code, row = values[place], zeros.copy()
        if code == code:
            row[int(code)] = 1.0
        elif missing:
            row[-1] = 1.0
        values += row

    return derive


def _lookup(
    inputs: Sequence[int],
    width: int,
    *,
    table: Sequence[Numbers],
    missing: Sequence[float | None],
) -> Derive:
    (place,) = inputs
    absent = [NAN if one is None else float(one) for one in missing]
    rows = [[float(one) for one in row] for row in table]
    del width

    def derive(values: Values) -> None:
        code = values[place]
        values += rows[int(code)] if code == code else absent

    return derive


def _scale(inputs: Sequence[int], width: int, *, center: Numbers, scale: Numbers) -> Derive:
    terms = list(zip(inputs, map(float, center), map(float, scale), strict=True))
    del width

    def derive(values: Values) -> None:
        values += [_within((values[place] - mean) / unit) for place, mean, unit in terms]

    return derive


def _log(inputs: Sequence[int], width: int, *, signed: bool) -> Derive:
    (place,) = inputs
    log1p, copysign = math.log1p, math.copysign
    del width

    def derive(values: Values) -> None:
        value = values[place]
        if signed:
            values.append(copysign(log1p(abs(value)), value))
        else:
            values.append(log1p(value) if value > -1.0 else NAN)

    return derive


def _bin(inputs: Sequence[int], width: int, *, edges: Numbers) -> Derive:
    (place,) = inputs
    bounds = [float(edge) for edge in edges]
    del width

    def derive(values: Values) -> None:
        value = values[place]
        values.append(float(bisect_right(bounds, value)) if value == value else NAN)

    return derive


def _date(
    inputs: Sequence[int],
    width: int,
    *,
    parts: Sequence[str],
    cyclic: Sequence[str],
    since: float | None,
) -> Derive:
    (place,) = inputs
    absent = [NAN] * width
    plain = [calendar.PARTS.index(part) if part in calendar.PARTS else None for part in parts]
    circles = [
        (calendar.PARTS.index(part), calendar.CYCLES[part][1], *calendar.circle(part))
        for part in cyclic
    ]
    weekday = calendar.PARTS.index(calendar.WEEKDAY)

    def derive(values: Values) -> None:
        moment = values[place]
        if moment != moment:
            values += absent
            return
        found = calendar.parts_of(math.floor(moment))
        for part in plain:
            values.append(float(found[weekday] >= 5 if part is None else found[part]))
        for part, first, sines, cosines in circles:
            turn = found[part] - first
            values += (sines[turn], cosines[turn])
        if since is not None:
            values.append((moment - since) / calendar.DAY)

    return derive


def _ratio(inputs: Sequence[int], width: int) -> Derive:
    above, below = inputs
    del width

    def derive(values: Values) -> None:
        divisor = values[below]
        values.append(_within(values[above] / divisor) if divisor else NAN)

    return derive


def _difference(inputs: Sequence[int], width: int) -> Derive:
    first, second = inputs
    del width

    def derive(values: Values) -> None:
        values.append(_within(values[first] - values[second]))

    return derive


def _product(inputs: Sequence[int], width: int) -> Derive:
    first, second = inputs
    del width

    def derive(values: Values) -> None:
        values.append(_within(values[first] * values[second]))

    return derive


def _text(inputs: Sequence[int], width: int, *, length: bool, words: bool, hashes: int) -> Derive:
    (place,) = inputs
    absent = [NAN] * width

    def derive(values: Values) -> None:
        text = values[place]
        values += (
            absent if text != text else numbers_of(text, length=length, words=words, hashes=hashes)
        )

    return derive


def _reduce(
    inputs: Sequence[int],
    width: int,
    *,
    center: Numbers,
    scale: Numbers,
    weights: Sequence[Numbers],
) -> Derive:
    """A missing value is taken for the center."""
    terms = list(zip(inputs, map(float, center), map(float, scale), strict=True))
    rows = [[float(weight) for weight in row] for row in weights]
    del width

    def derive(values: Values) -> None:
        given = [values[place] for place, _, _ in terms]
        standard = [
            (value - mean) / unit if value == value else 0.0
            for value, (_, mean, unit) in zip(given, terms, strict=True)
        ]
        for row in rows:
            total = 0.0
            for value, weight in zip(standard, row, strict=True):
                total += value * weight
            values.append(_within(total))

    return derive


_MADE_BY: Mapping[str, Callable[..., Derive]] = {
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
