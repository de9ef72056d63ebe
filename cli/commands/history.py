"""`perennial history`: what has happened to a model, and what served it when."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.exits import CommandError, Exit
from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    at: Annotated[
        str | None,
        typer.Option("--at", help="What served at this moment, such as 2026-11-01T12:00."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only what happened from this moment on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Only what happened up to this moment.")
    ] = None,
    version: Annotated[
        int | None,
        typer.Option("--version", min=1, help="Only what happened to this version."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many lines at most.")] = 30,
    json_output: Json = False,
) -> None:
    """List the history of a model, newest first: who changed what, when and why."""
    from cli import history, records
    from cli.outputs import Deployment

    if at is not None and (since or until or version):
        raise CommandError(
            "--at asks for one moment; leave the other options out.", code=Exit.USAGE
        )
    store = records.registry(Deployment(target))
    if at is not None:
        history.show_service(store, model, at, json_output=json_output)
    else:
        stretch = history.Stretch(since, until, version, limit)
        history.show_lines(store, model, stretch, json_output=json_output)
