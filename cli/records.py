"""The registry of a target, and its records as JSON and as words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perennial.registry.records import Run, RunStatus, Version

from cli.exits import CommandError, Exit
from cli.outputs import Deployment

if TYPE_CHECKING:
    from perennial.registry.indexed import IndexedRegistry
    from perennial.registry.store import Registry

COLORS: Mapping[RunStatus, str] = {
    RunStatus.SUCCEEDED: "green",
    RunStatus.REJECTED: "yellow",
    RunStatus.GATED: "yellow",
    RunStatus.FAILED: "red",
}
EXIT_OF: Mapping[RunStatus, Exit] = {
    RunStatus.SUCCEEDED: Exit.OK,
    RunStatus.REJECTED: Exit.REJECTED,
    RunStatus.GATED: Exit.GATED,
    RunStatus.FAILED: Exit.RUN_FAILED,
}


def registry(deployment: Deployment) -> IndexedRegistry:
    """What a deployment remembers."""
    from perennial.adapters.dynamodb import DynamoRegistry

    table = deployment.storage["TableName"]
    return DynamoRegistry(table, deployment.target.client("dynamodb"))


def run_named(store: Registry, model: str, prefix: str) -> Run:
    """The run whose id begins with `prefix`.

    Raises:
        CommandError: there is none among the newest 200, or more than one.
    """
    exact = store.run(model, prefix)
    if exact is not None:
        return exact
    found = [run for run in store.runs(model, 200) if run.run_id.startswith(prefix)]
    if len(found) != 1:
        told = "no run" if not found else f"{len(found)} runs"
        raise CommandError(
            f"{model} has {told} whose id begins with {prefix!r}.",
            advice=f"`perennial runs {model}` lists them.",
            code=Exit.NOT_FOUND,
        )
    return found[0]


def version_named(store: Registry, model: str, number: int | None) -> Version:
    """A version by its number; the one in service for None.

    Raises:
        CommandError: there is none.
    """
    if number is None:
        route = store.route(model)
        if route is None:
            raise CommandError(
                f"{model} has no version in service.",
                advice=f"`perennial versions {model}` lists what is registered.",
                code=Exit.NOT_FOUND,
            )
        number = route.champion.number
    version = store.version(model, number)
    if version is None:
        raise CommandError(
            f"{model} has no version {number}.",
            advice=f"`perennial versions {model}` lists them.",
            code=Exit.NOT_FOUND,
        )
    return version


def as_json(record: Run | Version) -> dict[str, Any]:
    """A record as JSON: its fields by their names."""
    return asdict(record)


def headline(metrics: Mapping[str, float], limit: int = 3) -> str:
    """The first few metrics in one line."""
    return "  ".join(f"{name} {value:.4g}" for name, value in list(metrics.items())[:limit])


def moment(iso: str) -> str:
    """A time as people near it read it: local, to the second."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return when.replace(tzinfo=when.tzinfo or UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
