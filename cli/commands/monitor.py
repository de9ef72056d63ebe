"""`perennial monitor`: look at a model in service now, without waiting for the schedule."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    window: Annotated[
        str | None,
        typer.Option("--window", help="How much of the past, such as 1h; the spec's if unset."),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=1, help="Give up waiting after these seconds.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Make a monitoring report up to this moment, act on the alarms, and show what was found.

    Predictions lie in S3 a minute or two after they were made.
    """
    from cli import catalogue, fetched, monitoring, reports
    from cli.outputs import Deployment
    from cli.steps import Steps

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    with Steps() as steps:
        made = monitoring.monitor(deployment, model, window, steps, timeout)
    found = reports.fetch(deployment, model, made)
    lines = reports.lines(found.document)
    fetched.present(found, lines, called="Report", json_output=json_output)
