"""`perennial export`: a version as a file that predicts somewhere else."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json, Model, on_target
from cli.target import Target


class Format(StrEnum):
    """What a version can be exported as."""

    BUNDLE = "bundle"
    MLFLOW = "mlflow"
    ONNX = "onnx"


@on_target
def run(
    target: Target,
    model: Model,
    version: Annotated[
        int | None, typer.Argument(min=1, help="The version; left out, the one in service.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="What to make of it.")] = Format.BUNDLE,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Where to; left out, a name of its own in this folder."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what an earlier export left there.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Write a version as a bundle, an ONNX graph or MLflow's layout, once it has been checked."""
    from cli import catalogue, exporting, terminal
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    path = exporting.place(output, force=force) if output else None
    made = exporting.export(deployment, model, version, form.value)
    path = path or exporting.place(Path(made.name), force=force)
    exporting.write(made.content, path)
    for remark in made.remarks:
        terminal.note(remark)
    if json_output:
        terminal.emit(made.as_json() | {"output": str(path)})
    else:
        terminal.show(*made.lines(path))
