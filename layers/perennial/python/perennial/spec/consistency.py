"""What the fields of a spec must be to each other, field by field being right already."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perennial.spec import approval, derived, fairness_checks, in_service, privacy, search_space
from perennial.spec.algorithms import Algorithm
from perennial.spec.metrics import METRICS_OF_TASK, Task

if TYPE_CHECKING:
    from perennial.spec.schema import ModelSpec

Location = tuple[str | int, ...]
Found = tuple[Location, str]  # where in the spec, and what is wrong there


class Contradictions(ValueError):
    """Fields of a spec that cannot stand beside each other; all of them, each with its place."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(message for _, message in found))


def check(spec: ModelSpec) -> None:
    """Make sure that the fields agree.

    Raises:
        Contradictions: they do not.
    """
    found = [
        *_columns(spec),
        *_sensitive(spec),
        *_not_captured(spec),
        *_classes(spec),
        *_algorithm(spec),
        *_metrics(spec),
        *in_service.contradictions(spec),
        *approval.contradictions(spec),
        *derived.contradictions(spec),
        *fairness_checks.contradictions(spec),
        *search_space.contradictions(spec),
        *privacy.contradictions(spec),
    ]
    if found:
        raise Contradictions(found)


def _columns(spec: ModelSpec) -> Iterator[Found]:
    """No column has two roles; but a column may order the rows and be a feature too."""
    roles: dict[str, str] = dict.fromkeys(spec.features, "a feature")
    roles[spec.target] = "the target"
    if spec.target in spec.features:
        yield ("target",), f"{spec.target!r} is a feature too"
    if spec.id_column is not None:
        if spec.id_column in roles:
            yield ("id_column",), f"{spec.id_column!r} is {roles[spec.id_column]} too"
        roles[spec.id_column] = "the id column"
    if spec.time_column is not None:
        if roles.get(spec.time_column, "a feature") != "a feature":
            yield ("time_column",), f"{spec.time_column!r} is {roles[spec.time_column]} too"
        roles.setdefault(spec.time_column, "the time column")
    for place, column in enumerate(spec.excluded):
        if column in roles:
            yield ("excluded", place), f"{column!r} is {roles[column]} too"
    yield from _twice("excluded", spec.excluded)


def _sensitive(spec: ModelSpec) -> Iterator[Found]:
    known = [*spec.columns, *spec.excluded]
    for place, column in enumerate(spec.sensitive):
        if column not in known:
            told = f"{column!r} is no column of this spec{_meant(column, known)}"
            yield ("sensitive", place), told
    yield from _twice("sensitive", spec.sensitive)


def _not_captured(spec: ModelSpec) -> Iterator[Found]:
    for place, column in enumerate(spec.capture.exclude):
        if column not in spec.features:
            told = f"{column!r} is no feature{_meant(column, list(spec.features))}"
            yield ("capture", "exclude", place), told


def _meant(column: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(column, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _twice(field: str, columns: Sequence[str]) -> Iterator[Found]:
    for column, times in Counter(columns).items():
        if times > 1:
            last = len(columns) - 1 - list(reversed(columns)).index(column)
            yield (field, last), f"{column!r} stands here twice"


def _classes(spec: ModelSpec) -> Iterator[Found]:
    if spec.task is Task.BINARY and spec.positive_class is None:
        yield ("positive_class",), "is missing; a binary task needs it"
    if spec.task is not Task.BINARY and spec.positive_class is not None:
        yield ("positive_class",), f"does not apply to a {spec.task.value} task"


def _algorithm(spec: ModelSpec) -> Iterator[Found]:
    chosen, task = spec.algorithm.name, spec.task
    if task not in chosen.tasks:
        names = ", ".join(one.value for one in Algorithm if task in one.tasks)
        yield (
            ("algorithm", "name"),
            f"{chosen} is no algorithm of a {task.value} task; use one of {names}",
        )


def _metrics(spec: ModelSpec) -> Iterator[Found]:
    named = [(("gates", place, "metric"), gate.metric) for place, gate in enumerate(spec.gates)]
    places: list[tuple[Location, object]] = [*named]
    if spec.primary_metric is not None:
        places.append((("primary_metric",), spec.primary_metric))
    fitting = METRICS_OF_TASK[spec.task]
    for location, metric in places:
        if metric not in fitting:
            names = ", ".join(one.value for one in fitting)
            yield location, f"{metric} is no metric of a {spec.task.value} task; use one of {names}"
