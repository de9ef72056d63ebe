"""Fetches two runs, and tells their comparison on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from perennial.provenance.comparison import Comparison, compare, verdict
from perennial.provenance.paired import pair
from perennial.provenance.side import Side, read_side

from cli import records, terminal
from cli.exits import CommandError, Exit
from cli.outputs import Deployment

if TYPE_CHECKING:
    from perennial.registry.records import Run
    from perennial.registry.store import Registry
    from rich.console import RenderableType

_SHIFTS = 8  # shown on a terminal


def compared(deployment: Deployment, model: str, first: str, second: str) -> Comparison:
    """Two versions or runs, by number or by the beginning of an id.

    Raises:
        CommandError: there is no such version or run, or both are one.
    """
    from perennial.adapters.s3 import S3ObjectStore

    registry = records.registry(deployment)
    store = S3ObjectStore(deployment.target.client("s3"))
    bucket = deployment.storage["DataBucketName"]
    sides: list[Side] = [
        read_side(_run(registry, model, named), bucket, store) for named in (first, second)
    ]
    if sides[0].run.run_id == sides[1].run.run_id:
        raise CommandError(f"{first} and {second} are one and the same run.", code=Exit.USAGE)
    return compare(sides[0], sides[1], pair(sides[0], sides[1], bucket, store))


def _run(registry: Registry, model: str, named: str) -> Run:
    """The run of a version, or a run.

    Few digits are a version's number; a run's id has 32 hexadecimal ones.
    """
    if named.isdecimal() and len(named) < 9:
        version = registry.version(model, int(named))
        if version is None:
            raise CommandError(
                f"{model} has no version {named}.",
                advice=f"`perennial versions {model}` lists them.",
                code=Exit.NOT_FOUND,
            )
        return records.run_named(registry, model, version.run_id)
    return records.run_named(registry, model, named)


def told(found: Comparison) -> Iterator[RenderableType]:
    """The comparison as a person reads it; what is the same is left out."""
    names = [found.first["name"], found.second["name"]]
    yield f"\n{found.model}: {names[0]} and {names[1]}\n"
    yield verdict(found.paired, *names)
    if found.paired.difference is not None:
        yield f"({found.paired.note})"
    yield ""
    yield terminal.table(["", *(f"{name}>" for name in names)], list(_rows(found)))
    if found.shifts:
        yield "\nWhat moved in the data:"
        yield from (f"  {one.sentence}" for one in found.shifts[:_SHIFTS])
    missed = [
        f"  {side['name']}: {gate['sentence']}"
        for side in (found.first, found.second)
        for gate in side["gates"]
        if not gate["passed"]
    ]
    if missed:
        yield "\nGates that were missed:"
        yield from missed


def _rows(found: Comparison) -> Iterator[list[str]]:
    first, second = found.first, found.second
    yield ["status", first["status"], second["status"]]
    yield ["algorithm", first["algorithm"], second["algorithm"]]
    for one in found.metrics:
        marks = {"first": ("*", ""), "second": ("", "*")}.get(one.better, ("", ""))
        values = [one.first, one.second]
        yield [one.name, *(_number(v) + m for v, m in zip(values, marks, strict=True))]
    for change in (*found.spec, *found.parameters):
        if change.first != change.second:
            yield [change.path, _text(change.first), _text(change.second)]
    if not found.data["same"]:
        for name in ("rows", "digest"):
            both = (found.data[side][name] for side in ("first", "second"))
            yield [f"dataset {name}", *(_text(one)[:12] for one in both)]
    for other in found.environment:
        yield [other.what, other.then[:40] or "none", other.now[:40] or "none"]
    yield ["seconds", *(f"{sum(side['seconds'].values()):,.1f}" for side in (first, second))]
    yield ["cost, $", f"{first['dollars']:.4f}", f"{second['dollars']:.4f}"]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
