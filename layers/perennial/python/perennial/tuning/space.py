"""The points of a search: how a choice becomes a number a sampler can draw, and back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping

from perennial.spec import Algorithm, ModelSpec
from perennial.spec.hyperparameters import names_of, same_parameter
from perennial.spec.tuning import Branch, Range, Value
from perennial.tuning.records import Parameters

Point = tuple[Algorithm, Parameters]


def default_of(spec: ModelSpec) -> Point:
    """The spec's own `algorithm`, which every search begins with."""
    return spec.algorithm.name, dict(spec.algorithm.parameters)


def given(spec: ModelSpec, branch: Branch) -> Parameters:
    """What all trials of a branch share: what it fixes, and what `algorithm` says of the same one.

    A parameter that is searched, under whichever of its names, is not among them.
    """
    known = names_of(branch.algorithm, spec.task) or frozenset()
    decided = [*branch.parameters, *branch.fixed]
    same = spec.algorithm.name is branch.algorithm
    inherited = {
        name: value
        for name, value in (spec.algorithm.parameters.items() if same else ())
        if not any(same_parameter(other, name, known) for other in decided)
    }
    return inherited | branch.fixed


def grid(spec: ModelSpec) -> Iterator[Point]:
    """Every point of spaces that have a number of them, branch by branch."""
    for branch in spec.tuning.search:
        shared, names = given(spec, branch), list(branch.parameters)
        for values in itertools.product(*(_values(branch, name) for name in names)):
            yield branch.algorithm, shared | dict(zip(names, values, strict=True))


def _values(branch: Branch, name: str) -> list[Value]:
    choice = branch.parameters[name]
    return list(choice.values()) if isinstance(choice, Range) else list(choice)


def places(branch: Branch, parameters: Mapping[str, Value]) -> dict[str, int | float] | None:
    """A trial's searched parameters as a sampler knows them: numbers, or places in a list.

    None where the trial is no point of the branch: it sets something else, or leaves one out.
    """
    found: dict[str, int | float] = {}
    for name, choice in branch.parameters.items():
        if name not in parameters:
            return None
        place = _place(choice, parameters[name])
        if place is None:
            return None
        found[name] = place
    return found


def _place(choice: Range | tuple[Value, ...], value: Value) -> int | float | None:
    if isinstance(choice, Range) and choice.size is None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if number and choice.low <= float(value) <= choice.high else None
    if isinstance(choice, Range) and choice.scale == "log":
        number = isinstance(value, int) and not isinstance(value, bool)
        return int(value) if number and choice.low <= int(value) <= choice.high else None
    if isinstance(choice, Range):
        return None if isinstance(value, bool | str) else choice.place(value)
    kinds = [(isinstance(one, bool | str), one) for one in choice]
    wanted = (isinstance(value, bool | str), value)
    return kinds.index(wanted) if wanted in kinds else None


def value_at(choice: Range | tuple[Value, ...], place: int | float) -> Value:
    """The value that a sampler's number stands for."""
    if isinstance(choice, Range):
        listed = choice.size is not None and choice.scale == "linear"
        return choice.value(int(place)) if listed else place
    return choice[int(place)]


def key(point: Point) -> str:
    """One text for each point: the same settings are not tried twice."""
    algorithm, parameters = point
    return json.dumps([algorithm.value, parameters], sort_keys=True)
