"""`perennial score`: have a whole file scored, follow it, and fetch what came of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.exits import CommandError, Exit
from cli.options import Json, Model, on_target
from cli.target import Target


class Form(StrEnum):
    """Formats of the results."""

    CSV = "csv"
    PARQUET = "parquet"


@on_target
def run(
    target: Target,
    model: Model,
    file: Annotated[
        str | None, typer.Argument(help="CSV, gzip of it, or Parquet; also an s3:// address.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the predictions go; by default beside FILE.")
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="csv or parquet; by default that of the file.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", help="Take up the run of this id where it failed.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=1, help="Give up waiting after these seconds.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Score all rows of a file, and fetch the predictions and the rows that do not fit.

    What was scored before, by the same version, is not scored again.
    """
    from cli import catalogue, score_results, scoring
    from cli.outputs import Deployment
    from cli.score_following import Follower
    from cli.steps import Steps

    if (file is None) == (resume is None):
        raise CommandError("Name a FILE, or a run with --resume.", code=Exit.USAGE)
    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    with Steps() as steps:
        if resume is not None:
            begun = scoring.resume(deployment, resume)
        else:
            begun = scoring.begin(deployment, model, str(file), form, steps)
        manifest = Follower(deployment, begun, steps).follow(timeout)
        files = score_results.fetch(deployment, manifest, begun.beside, out, steps)
    score_results.present(manifest, files, json_output=json_output)
