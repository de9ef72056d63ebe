"""`perennial train`: upload a file, follow the run it starts, tell what came of it."""

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
    file: Annotated[Path, typer.Argument(help="The training data: CSV, gzip of it, or Parquet.")],
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Wait for the end of the run.")
    ] = True,
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=1, help="Give up waiting after these seconds.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Upload training data and follow the run: validate, train, evaluate, register, serve.

    The exit code tells how the run ended; see `docs/cli.md`.
    """
    from cli import catalogue, run_report, training
    from cli.outputs import Deployment
    from cli.steps import Steps

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    with Steps() as steps:
        started = training.upload_file(deployment, model, file, steps)
        if not follow:
            told = {"model": model, "run_id": started.run_id, "source": started.uri}
            if json_output:
                terminal.emit(told)
            else:
                terminal.show(
                    f"Run {started.run_id[:12]} starts. `perennial runs {model}` lists it."
                )
            return
        ended = training.follow(deployment, model, started.run_id, steps, timeout).run
    run_report.present(deployment, ended, json_output=json_output)
    run_report.leave(ended)
