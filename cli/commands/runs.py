"""`perennial runs`: the training runs of a model."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import terminal
from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    run_id: Annotated[
        str | None, typer.Argument(help="One run, by the beginning of its id: all about it.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="The best first by this metric of the holdout.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 20,
    json_output: Json = False,
) -> None:
    """List the runs of a model, newest first or best first, or show one of them.

    With their parameters as far as these differ, metrics, seconds and cost.
    """
    from cli import catalogue, records, run_report, run_table
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    store = records.registry(deployment)
    if run_id is not None:
        named = records.run_named(store, model, run_id)
        run_report.present(deployment, named, json_output=json_output, in_full=True)
        return
    listed = store.runs(model, limit)
    if by is not None and listed:
        listed = run_table.best_first(listed, by)
    found = run_table.tried(deployment, listed)
    if json_output:
        terminal.emit([one.as_json() for one in found])
    elif not found:
        terminal.show(f"{model} has no runs. `perennial train {model} FILE` starts one.")
    else:
        terminal.show(run_table.table(found, by))
