"""`perennial compare`: two versions or runs of a model side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import terminal
from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    first: Annotated[
        str, typer.Argument(help="A version, by its number, or a run, by the beginning of its id.")
    ],
    second: Annotated[str, typer.Argument(help="The other one.")],
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the comparison as a page to this file.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Compare two versions or runs: spec, parameters, data, metrics, gates, cost, environment.

    Where both can be asked about the same held-out rows, their difference has an interval.
    """
    from cli import catalogue, comparing
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    found = comparing.compared(deployment, model, first, second)
    if html is not None:
        from perennial.provenance.comparison_page import comparison_page

        html.write_text(comparison_page(found), encoding="utf-8")
    if json_output:
        terminal.emit(found.as_json())
        return
    terminal.show(*comparing.told(found))
    if html is not None:
        terminal.show(f"Page      {html}")
