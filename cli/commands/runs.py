"""`perennial runs`: the training runs of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import terminal
from cli.options import Json, Model, on_target

if TYPE_CHECKING:
    from perennial.registry.records import Run

from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    run_id: Annotated[
        str | None, typer.Argument(help="One run, by the beginning of its id: all about it.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 20,
    json_output: Json = False,
) -> None:
    """List the runs of a model, newest first, or show one of them."""
    from cli import catalogue, records, run_report
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    store = records.registry(deployment)
    if run_id is not None:
        found = records.run_named(store, model, run_id)
        run_report.present(deployment, found, json_output=json_output)
        return
    listed = store.runs(model, limit)
    if json_output:
        terminal.emit([records.as_json(one) for one in listed])
    elif not listed:
        terminal.show(f"{model} has no runs. `perennial train {model} FILE` starts one.")
    else:
        terminal.show(
            terminal.table(
                ["Run", "Status", "Started", "Version>", "File", "Result"],
                [_row(one) for one in listed],
            )
        )


def _row(one: Run) -> list[str]:
    from cli import records

    return [
        one.run_id[:12],
        one.status.value,
        records.moment(one.created_at),
        "" if one.version is None else str(one.version),
        one.source.key.rpartition("/")[2],
        one.reason or records.headline(one.metrics),
    ]
