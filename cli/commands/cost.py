"""`perennial cost`: what a deployment would cost a month, before there is one."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import project, terminal
from cli.options import Json

_LEAST, _MOST = 0.0, 1e12  # nobody's load, and still a sum that can be read


def run(
    requests: Annotated[
        float,
        typer.Option("--requests", min=_LEAST, max=_MOST, help="Requests a month, of all models."),
    ] = 1_000_000,
    rows: Annotated[float, typer.Option("--rows", min=1, max=_MOST, help="Rows in a request.")] = 1,
    milliseconds: Annotated[
        float,
        typer.Option("--milliseconds", min=1, max=_MOST, help="What a request takes `predict`."),
    ] = 2,
    trainings: Annotated[
        float,
        typer.Option(
            "--trainings", min=_LEAST, max=_MOST, help="Trainings a month, of each model."
        ),
    ] = 4,
    training_minutes: Annotated[
        float,
        typer.Option(
            "--training-minutes", min=_LEAST, max=_MOST, help="What a training job takes."
        ),
    ] = 5,
    reports: Annotated[
        float,
        typer.Option("--reports", min=_LEAST, max=_MOST, help="Reports a month, of each model."),
    ] = 30,
    storage_gb: Annotated[
        float,
        typer.Option(
            "--storage-gb", min=_LEAST, max=_MOST, help="Data and artifacts that are kept."
        ),
    ] = 5,
    json_output: Json = False,
) -> None:
    """Estimate what this checkout costs a month on AWS, at rest and under a load."""
    from perennial.cost.load import Load

    from cli import costs

    load = Load(requests, rows, milliseconds, trainings, training_minutes, reports, storage_gb)
    found = costs.estimate(project.current(), load)
    if json_output:
        terminal.emit(found.as_json())
    else:
        costs.tell(found)
