"""`perennial versions`: what has been registered of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import terminal
from cli.options import Json, Model, on_target
from cli.target import Target

if TYPE_CHECKING:
    from perennial.registry.records import Route


@on_target
def run(
    target: Target,
    model: Model,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 20,
    json_output: Json = False,
) -> None:
    """List the registered versions of a model, newest first, and which one is in service."""
    from cli import catalogue, records, version_list
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    store = records.registry(deployment)
    route = store.route(model)
    champion = route.champion.number if route else None
    listed = store.versions(model, limit)
    if json_output:
        terminal.emit(version_list.as_json(store, listed, champion))
        return
    if not listed:
        terminal.show(f"{model} has no version yet. `perennial train {model} FILE` makes one.")
        return
    rows = [
        [
            str(one.number),
            _part(route, one.number) or one.status.value.lower(),
            records.moment(one.created_at),
            one.algorithm,
            records.headline(one.metrics),
            one.artifact_digest[:12],
            one.run_id[:12],
        ]
        for one in listed
    ]
    headings = ["Version>", "Status", "Registered", "Algorithm", "Holdout", "Artifact", "Run"]
    terminal.show(terminal.table(headings, rows))


def _part(route: Route | None, number: int) -> str:
    """What a version does in the route: serves, or is on its way through a rollout."""
    if route is None:
        return ""
    if route.champion.number == number:
        return "in service"
    if route.challenger and route.challenger.number == number:
        return f"answers {route.share:.0%}"
    return "shadow" if route.shadow and route.shadow.number == number else ""
