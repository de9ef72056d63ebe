"""`perennial outcomes`: say what came true, from a file."""

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
    file: Annotated[Path, typer.Argument(help="CSV, gzip of it, or Parquet.")],
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=1, help="Give up waiting after these seconds.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Upload a file of outcomes, and show what was recorded of it.

    It has the columns prediction_id, or entity_id and predicted_at; outcome; and observed_at where
    that is known. An outcome that was recorded before counts once.
    """
    from cli import catalogue, outcomes
    from cli.outputs import Deployment
    from cli.steps import Steps

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    with Steps() as steps:
        told = outcomes.record(deployment, model, file, steps, timeout)
    outcomes.present(told, json_output=json_output)
