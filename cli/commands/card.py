"""`perennial card`: the model card of a version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    version: Annotated[
        int | None, typer.Argument(min=1, help="Which; left out, the one in service.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Write the page, with its plots, to this file.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    json_output: Json = False,
) -> None:
    """Show the model card of a version: use, caveats, performance, gates, how it was made."""
    from cli import cards, catalogue, fetched
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    found = cards.fetch(deployment, model, version)
    fetched.present(
        found,
        cards.lines(found),
        called="Card",
        save=save,
        open_page=open_page,
        json_output=json_output,
    )
