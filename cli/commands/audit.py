"""`perennial audit`: whether history, state and evidence are as they were written."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import project, terminal
from cli.exits import Exit
from cli.options import Json, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Annotated[
        str | None,
        typer.Argument(
            help="The model; without it, every deployed one.",
            autocompletion=lambda: project.current().model_names,
        ),
    ] = None,
    objects: Annotated[
        bool,
        typer.Option(
            "--objects/--no-objects",
            help="Read artifact, receipt and dataset of every version, too.",
        ),
    ] = True,
    json_output: Json = False,
) -> None:
    """Check that no line of a history, no version and no route was changed unseen."""
    from cli import auditing, catalogue
    from cli.outputs import Deployment

    deployment = Deployment(target)
    names = [model] if model else sorted(catalogue.deployed(deployment))
    audits = [auditing.audited(deployment, name, objects=objects) for name in names]
    if json_output:
        terminal.emit([done.document() for done in audits])
    else:
        for done in audits:
            auditing.show(done)
    if not all(done.passed for done in audits):
        raise typer.Exit(Exit.TAMPERED)
