"""`perennial init`: a first spec from the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import project, terminal
from cli.exits import CommandError, Exit
from cli.options import Json


def run(
    data: Annotated[Path, typer.Argument(help="Training data: CSV, gzip of it, or Parquet.")],
    target: Annotated[str, typer.Option("--target", help="The column to predict.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the model; by default the file's.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a spec that is there already.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Write models/<name>.yaml from a data file, with doubts as comments to accept or change."""
    from cli.drafting import draft, model_name

    here = project.current()
    if not data.is_file():
        raise CommandError(f"{data}: no such file.", code=Exit.NOT_FOUND)
    model = model_name(name or data.name)
    path = here.models / f"{model}.yaml"
    if path.exists() and not force:
        raise CommandError(
            f"{here.shown(path)} is there already.",
            advice="--force replaces it, --name writes another.",
        )
    text, doubts = draft(data, target, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if json_output:
        terminal.emit({"model": model, "file": str(path), "doubts": doubts})
        return
    terminal.show(f"Wrote {here.shown(path)}.", *(f"  {doubt}" for doubt in doubts))
    terminal.show(f"Read it, then `perennial check` it, and `perennial up` deploys {model}.")
