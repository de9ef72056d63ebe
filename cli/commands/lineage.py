"""`perennial lineage`: where a version or a prediction came from, and what came of an object."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.exits import CommandError, Exit
from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    version: Annotated[
        int | None,
        typer.Argument(min=1, help="The version; left out, the one in service."),
    ] = None,
    prediction: Annotated[
        str | None, typer.Option("--prediction", help="Where this prediction came from, by its id.")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", help="The day of the prediction, where it is known.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            help="What came of this object: an s3:// URI, a key, or the name of an upload.",
        ),
    ] = None,
    source_version: Annotated[
        str | None, typer.Option("--source-version", help="Only this version of that object.")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Draw the lineage into this file.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the lineage as a page to this file.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Show what led to a version or a prediction, or what came of an object in S3."""
    from cli import lineage
    from cli.outputs import Deployment

    if sum(one is not None for one in (version, prediction, source)) > 1:
        raise CommandError(
            "Ask for a version, a prediction or an object, one at a time.", code=Exit.USAGE
        )
    wanted = lineage.Wanted(model, version, prediction, on, source, source_version or "")
    graph = lineage.graph_of(Deployment(target), wanted)
    lineage.present(graph, model, svg=svg, html=html, json_output=json_output)
