"""What the sections about a model in service must be to each other and to the rest of its spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perennial.spec.duration import seconds
from perennial.spec.metrics import METRICS_OF_TASK, Metric

if TYPE_CHECKING:
    from perennial.spec.schema import ModelSpec

Found = tuple[tuple[str | int, ...], str]  # where in the spec, and what is wrong there


def contradictions(spec: ModelSpec) -> Iterator[Found]:
    """What cannot stand beside each other, each with its place."""
    yield from _watched_columns(spec)
    yield from _performance(spec)
    yield from _needs_captures(spec)
    yield from _times(spec)


def _watched_columns(spec: ModelSpec) -> Iterator[Found]:
    performance = spec.monitoring.performance
    hidden = {*spec.sensitive, *spec.capture.exclude}
    for place, column in enumerate(spec.monitoring.drift.exclude):
        if column not in spec.features:
            yield ("monitoring", "drift", "exclude", place), f"{column!r} is no feature"
    for place, column in enumerate(performance.slices):
        where = ("monitoring", "performance", "slices", place)
        if column not in spec.features:
            yield where, f"{column!r} is no feature"
        elif column in hidden:
            yield where, f"{column!r} is not captured, so nothing can be sliced by it"


def _performance(spec: ModelSpec) -> Iterator[Found]:
    performance = spec.monitoring.performance
    metric = performance.metric or spec.primary
    if performance.metric is not None and metric not in METRICS_OF_TASK[spec.task]:
        names = ", ".join(one.value for one in METRICS_OF_TASK[spec.task])
        told = f"{metric} is no metric of a {spec.task.value} task; use one of {names}"
        yield ("monitoring", "performance", "metric"), told
    floor, collapse = performance.floor, performance.collapse
    if floor is not None and collapse is not None and _better(collapse, floor, metric):
        told = f"collapse ({collapse}) is better than floor ({floor}): it would always come first"
        yield ("monitoring", "performance", "collapse"), told
    for gate in spec.gates:
        bound = gate.minimum if metric.higher_is_better else gate.maximum
        if gate.metric is not metric or floor is None or bound is None:
            continue
        if _better(floor, bound, metric):
            told = f"floor ({floor}) asks for more than the gate that lets it in ({bound})"
            yield ("monitoring", "performance", "floor"), told


def _better(one: float, other: float, metric: Metric) -> bool:
    return one > other if metric.higher_is_better else one < other


def _needs_captures(spec: ModelSpec) -> Iterator[Found]:
    if spec.capture.enabled:
        return
    if "monitoring" in spec.model_fields_set and spec.monitoring.enabled:
        yield ("monitoring", "enabled"), "needs capture, which is not enabled"
    if spec.rollout.stages:
        yield ("rollout", "stages"), "need capture, which is not enabled: nothing could be judged"


def _times(spec: ModelSpec) -> Iterator[Found]:
    check = seconds(spec.rollout.check_every)
    for place, stage in enumerate(spec.rollout.stages):
        if seconds(stage.bake) < check:
            told = f"{stage.bake} is shorter than check_every ({spec.rollout.check_every})"
            yield ("rollout", "stages", place, "bake"), told
