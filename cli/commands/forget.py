"""`perennial forget`: a person's rows leave everything that is stored."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import terminal
from cli.exits import CommandError, Exit
from cli.options import Json, Reason, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    person: Annotated[
        str,
        typer.Argument(
            help="The person's id, as data and callers have it; `-` reads it from standard input.",
        ),
    ],
    reason: Reason,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="Only this model, and others named so; without it, all."),
    ] = None,
    row: Annotated[
        bool, typer.Option("--row", help="PERSON is a value of the spec's id_column: one row.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, help="Seconds to wait for the end.")
    ] = 3600,
    json_output: Json = False,
) -> None:
    """Remove a person's rows from what is stored, and name the versions trained on them."""
    from cli import catalogue, erasure
    from cli.outputs import Deployment

    deployment = Deployment(target)
    for name in model or ():
        catalogue.check_deployed(deployment, name)
    wish = erasure.Wish(erasure.given(person), reason, row=row, dry_run=dry_run)
    asked = erasure.ask(deployment, wish, model)
    if not asked:
        raise CommandError(
            "No model that is deployed names persons.",
            advice="`privacy.person` in a spec says in which column they are.",
            code=Exit.NOT_FOUND,
        )
    results = [erasure.awaited(deployment, one, timeout) for one in asked]
    if json_output:
        terminal.emit({"results": results})
    else:
        for result in results:
            terminal.show("\n".join(erasure.lines(result)))
    if not all(result["complete"] for result in results):
        raise typer.Exit(Exit.FAILED)
