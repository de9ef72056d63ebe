"""How far two datasets are apart, column by column, from their profiles alone.

Numbers by the difference of means in standard deviations (Cohen, "Statistical power analysis for
the behavioral sciences", 1988, 2.2), labels by the total variation distance: half the sum of the
absolute differences of their shares.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Below these nobody would look twice; Cohen calls 0.2 a small effect.
SMALL_EFFECT = 0.1
SMALL_DISTANCE = 0.05
FEW_MISSING = 0.02
_TARGET = "target"

Column = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shift:
    """A column that is another in the second dataset."""

    column: str
    measure: str  # "standard deviations", "share of labels", "share missing", "column"
    value: float
    sentence: str


def shifts(first: Column, second: Column) -> list[Shift]:
    """The columns that differ by more than nobody would look twice at, the largest shift first.

    Args:
        first: a dataset's `profile.json`.
        second: of the other dataset.
    """
    return sorted(_shifts(_columns(first), _columns(second)), key=lambda one: -abs(one.value))


def _columns(profile: Column) -> dict[str, Column]:
    features: dict[str, Column] = dict(profile.get("features", {}))
    return features | ({_TARGET: profile["target"]} if "target" in profile else {})


def _shifts(first: dict[str, Column], second: dict[str, Column]) -> Iterator[Shift]:
    for name in sorted(first.keys() | second.keys()):
        before, after = first.get(name), second.get(name)
        if before is None or after is None:
            side = "second" if before is None else "first"
            yield Shift(name, "column", 1.0, f"{name} is only in the {side}")
        elif before["kind"] != after["kind"]:
            yield Shift(name, "column", 1.0, f"{name} is of another type")
        else:
            measured = _of_numbers if before["kind"] == "number" else _of_labels
            yield from measured(name, before, after)
            yield from _of_missing(name, before, after)


def _of_numbers(name: str, before: Column, after: Column) -> Iterator[Shift]:
    if before["mean"] is None or after["mean"] is None:
        return
    spreads = (before["standard_deviation"] or 0.0, after["standard_deviation"] or 0.0)
    spread = math.hypot(*spreads) / math.sqrt(2)
    gap = after["mean"] - before["mean"]
    value = gap / spread if spread else math.copysign(1.0, gap) * (gap != 0)
    if abs(value) >= SMALL_EFFECT:
        told = f"{name}: mean {before['mean']:.4g} then {after['mean']:.4g}"
        yield Shift(name, "standard deviations", value, f"{told} ({value:+.2f} σ)")


def _of_labels(name: str, before: Column, after: Column) -> Iterator[Shift]:
    shares = [_shares(column) for column in (before, after)]
    labels = sorted(shares[0].keys() | shares[1].keys())
    gaps = {label: shares[1].get(label, 0.0) - shares[0].get(label, 0.0) for label in labels}
    value = sum(map(abs, gaps.values())) / 2
    if value >= SMALL_DISTANCE:
        label = max(gaps, key=lambda one: abs(gaps[one]))
        told = f"{name}: {value:.0%} of the labels; most of all {label or 'the rest'}"
        yield Shift(name, "share of labels", value, f"{told} ({gaps[label]:+.1%})")


def _shares(column: Column) -> dict[str, float]:
    rows = column["rows"] - column["nulls"]
    counts = {**column["counts"], "": column["other"]}
    return {label: count / rows for label, count in counts.items()} if rows else {}


def _of_missing(name: str, before: Column, after: Column) -> Iterator[Shift]:
    shares = [one["nulls"] / one["rows"] if one["rows"] else 0.0 for one in (before, after)]
    value = shares[1] - shares[0]
    if abs(value) >= FEW_MISSING:
        told = f"{name}: {shares[0]:.1%} missing then {shares[1]:.1%}"
        yield Shift(name, "share missing", value, told)
