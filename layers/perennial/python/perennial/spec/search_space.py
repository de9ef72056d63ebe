"""What a search for hyperparameters must be to itself and to the rest of its spec."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from perennial.spec.algorithms import Algorithm
from perennial.spec.hyperparameters import OURS, meant, names_of, same_parameter
from perennial.spec.metrics import METRICS_OF_TASK, Task
from perennial.spec.tuning import Branch, FoldMethod, Range, SearchMethod

if TYPE_CHECKING:
    from perennial.spec.schema import ModelSpec

Found = tuple[tuple[str | int, ...], str]  # where in the spec, and what is wrong there
_PLACE = ("tuning", "search")


def contradictions(spec: ModelSpec) -> Iterator[Found]:
    """What cannot be searched, each with its place."""
    yield from _metric(spec)
    yield from _folds(spec)
    if not spec.tuning.asked:
        if spec.tuning.search:
            told = "is none, and there is a search; choose grid, random or bayesian"
            yield ("tuning", "method"), told
        return
    yield from _space(spec)
    for place, branch in enumerate(spec.tuning.search):
        for where, told in _branch(spec, branch):
            yield (*_PLACE, place, *where), told


def _metric(spec: ModelSpec) -> Iterator[Found]:
    metric = spec.tuning.metric
    if metric is not None and metric not in METRICS_OF_TASK[spec.task]:
        names = ", ".join(one.value for one in METRICS_OF_TASK[spec.task])
        told = f"{metric} is no metric of a {spec.task.value} task; use one of {names}"
        yield ("tuning", "metric"), told


def _folds(spec: ModelSpec) -> Iterator[Found]:
    folds = spec.tuning.cross_validation
    if folds is None:
        return
    place = ("tuning", "cross_validation")
    if folds.method is FoldMethod.STRATIFIED and spec.task is Task.REGRESSION:
        yield (*place, "method"), "a regression has no classes to stratify by; use random"
    if spec.split.method.value == "time" and folds.method is not FoldMethod.TIME:
        told = "rows are split by time, and folds would judge the past by the future; use time"
        yield (*place, "method"), told
    group = folds.group_column
    usable = {*spec.features, spec.id_column, spec.time_column} - {None}
    if group is not None and group not in usable:
        told = f"{group!r} is no feature and neither id_column nor time_column"
        yield (*place, "group_column"), told


def _space(spec: ModelSpec) -> Iterator[Found]:
    tuning = spec.tuning
    if not tuning.search:
        yield _PLACE, "is empty: there is nothing to search"
        return
    algorithms = [branch.algorithm for branch in tuning.search]
    for place, algorithm in enumerate(algorithms):
        if algorithm in algorithms[:place]:
            told = f"{algorithm} stands here twice; put its parameters together"
            yield (*_PLACE, place, "algorithm"), told
    size = tuning.size
    if size == 1:
        yield _PLACE, "has one point only: there is nothing to choose between"
    if tuning.method is SearchMethod.GRID and size is not None and size >= tuning.trials:
        told = (
            f"the grid has {size} points, with the default that is {size + 1} trials, and trials "
            f"allows {tuning.trials}; allow more, make it coarser or search at random"
        )
        yield ("tuning", "trials"), told


def _branch(spec: ModelSpec, branch: Branch) -> Iterator[Found]:
    if spec.task not in branch.algorithm.tasks:
        names = ", ".join(one.value for one in Algorithm if spec.task in one.tasks)
        told = f"{branch.algorithm} is no algorithm of a {spec.task.value} task; use one of {names}"
        yield ("algorithm",), told
        return
    if branch.algorithm is Algorithm.PIPELINE and spec.algorithm.name is not Algorithm.PIPELINE:
        told = "a pipeline can be searched where algorithm names it, with its file"
        yield ("algorithm",), told
        return
    known = names_of(branch.algorithm, spec.task)
    written = [("parameters", name) for name in branch.parameters]
    for section, name in [*written, *(("fixed", name) for name in branch.fixed)]:
        unknown = _unknown(name, branch.algorithm, known)
        if unknown is not None:
            yield (section, name), unknown
    yield from _twice(branch, known)
    if spec.tuning.method is SearchMethod.GRID:
        yield from _infinite(branch)


def _unknown(name: str, algorithm: Algorithm, known: Collection[str] | None) -> str | None:
    if known is None or name in known:
        return None
    if name in OURS:
        return f"is decided by {OURS[name]}, not by a search"
    return f"{algorithm} has no parameter {name!r}{meant(name, known)}"


def _twice(branch: Branch, known: Collection[str] | None) -> Iterator[Found]:
    """Two names of one parameter: a library takes one of them and says nothing."""
    names = [*branch.parameters, *branch.fixed]
    for place, name in enumerate(names):
        for other in names[:place]:
            if known is not None and same_parameter(name, other, known):
                section = "parameters" if name in branch.parameters else "fixed"
                yield (section, name), f"{name} and {other} are one parameter"


def _infinite(branch: Branch) -> Iterator[Found]:
    for name, choice in branch.parameters.items():
        if isinstance(choice, Range) and choice.size is None:
            told = "a grid needs a step here: between two fractions there are values without number"
            yield ("parameters", name), told
