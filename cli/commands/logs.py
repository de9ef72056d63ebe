"""`perennial logs`: what the functions and the training job wrote."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import terminal
from cli.options import Json, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    part: Annotated[
        str, typer.Argument(help="Whose: a function such as validate or predict, or train.")
    ],
    run_id: Annotated[
        str | None,
        typer.Option("--run", help="Only lines of this run, by the beginning of its id."),
    ] = None,
    since: Annotated[
        str, typer.Option("--since", help="How far to look back: 90s, 15m, 6h or 2d.")
    ] = "1h",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    json_output: Json = False,
) -> None:
    """Show the log of one part of the system, oldest line first."""
    from cli import logs
    from cli.outputs import Deployment

    query = logs.Query(Deployment(target), part, logs.moment_before(since), run_id)
    if json_output and not follow:
        terminal.emit([line.as_json() for line in query.lines()])
        return
    for line in query.follow() if follow else query.lines():
        if json_output:
            terminal.emit(line.as_json(), indent=None)
        else:
            terminal.show(str(line))
