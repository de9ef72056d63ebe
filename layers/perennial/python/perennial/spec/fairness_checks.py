"""What the section on fairness must be to the columns, the task and the algorithm of its spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perennial.spec.algorithms import Algorithm
from perennial.spec.fairness import Disparity, Method
from perennial.spec.metrics import Task

if TYPE_CHECKING:
    from perennial.spec.schema import ModelSpec

Found = tuple[tuple[str | int, ...], str]  # where in the spec, and what is wrong there

_NUMBERS = ("number", "integer")
_GROUPED = ("category", "boolean", *_NUMBERS)


def contradictions(spec: ModelSpec) -> Iterator[Found]:
    """What cannot stand beside each other, each with its place."""
    yield from _columns(spec)
    yield from _bins(spec)
    yield from _gates(spec)
    if spec.fairness.mitigation.method is not Method.NONE:
        yield from _mitigation(spec)


def _columns(spec: ModelSpec) -> Iterator[Found]:
    for place, column in enumerate(spec.fairness.columns):
        where = ("fairness", "columns", place)
        if column in spec.fairness.columns[:place]:
            yield where, f"{column!r} stands here twice"
        elif column in spec.features:
            kind = spec.features[column].type.value
            if kind not in _GROUPED:
                yield where, f"{column!r} is a {kind}, which makes no groups"
        elif column not in spec.excluded:
            told = "is neither a feature nor excluded; only those have groups to compare"
            yield where, f"{column!r} {told}"


def _bins(spec: ModelSpec) -> Iterator[Found]:
    for column in spec.fairness.bins:
        where = ("fairness", "bins", column)
        feature = spec.features.get(column)
        if column not in spec.fairness.columns:
            yield where, f"{column!r} is not in fairness.columns"
        elif feature is not None and feature.type.value not in _NUMBERS:
            yield where, f"{column!r} is a {feature.type.value}; only numbers are cut into bins"
        elif column in spec.privacy.pseudonymised:
            told = "is pseudonymised in privacy.pii; only numbers are cut into bins"
            yield where, f"{column!r} {told}"


def _gates(spec: ModelSpec) -> Iterator[Found]:
    section = spec.fairness
    for place, gate in enumerate(section.gates):
        where = ("fairness", "gates", place)
        if not gate.measure.fits(spec.task):
            names = ", ".join(one.value for one in Disparity if one.fits(spec.task))
            told = f"{gate.measure.value} is no measure of a {spec.task.value} task"
            yield (*where, "measure"), f"{told}; use one of {names}"
        for column in gate.columns:
            if column not in section.columns:
                yield (*where, "columns"), f"{column!r} is not in fairness.columns"
        if len(gate.columns) > section.intersections:
            told = f"crosses {len(gate.columns)} columns; intersections is {section.intersections}"
            yield (*where, "columns"), told
        if not section.columns:
            yield where, "fairness.columns is empty: there are no groups to compare"


def _mitigation(spec: ModelSpec) -> Iterator[Found]:
    section = spec.fairness
    method, column = section.mitigation.method, section.mitigation.column
    where = ("fairness", "mitigation")
    if column is None and len(section.columns) != 1:
        yield where, "needs column: whose groups are to be treated alike"
    elif column is not None and column not in section.columns:
        yield (*where, "column"), f"{column!r} is not in fairness.columns"
    elif method is Method.THRESHOLD:
        yield from _thresholds(spec, column or section.columns[0])
    elif spec.task is Task.REGRESSION:
        yield (*where, "method"), "reweighing needs classes; a regression has none"
    elif spec.algorithm.name is Algorithm.PIPELINE:
        told = "a pipeline of your own takes no weights; reweighing needs another algorithm"
        yield (*where, "method"), told


def _thresholds(spec: ModelSpec, column: str) -> Iterator[Found]:
    """Serving has to know the group of a row, and whether it belongs to it."""
    where = ("fairness", "mitigation")
    feature = spec.features.get(column)
    if spec.task is not Task.BINARY:
        yield (*where, "method"), f"only a binary task has a threshold, not a {spec.task.value} one"
    if feature is None:
        told = f"{column!r} is no feature, so the endpoint does not know the group of a row"
        yield (*where, "column"), told
    elif feature.type.value in _NUMBERS and column not in spec.fairness.bins:
        yield (*where, "column"), f"{column!r} is a number; say in fairness.bins where it is cut"
