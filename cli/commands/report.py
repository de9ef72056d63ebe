"""`perennial report`: what monitoring found last about a model in service."""

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
    report_id: Annotated[
        str | None, typer.Argument(help="One report, by its id; left out, the newest.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Write the page, with its plots, to this file.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    json_output: Json = False,
) -> None:
    """Show the newest monitoring report of a model: verdicts, performance, drift, problems."""
    from cli import catalogue, fetched, reports
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    found = reports.fetch(deployment, model, report_id)
    fetched.present(
        found,
        reports.lines(found.document),
        called="Report",
        save=save,
        open_page=open_page,
        json_output=json_output,
    )
