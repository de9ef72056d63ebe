"""`perennial approve`: let a version that waits into service."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    version: Annotated[int, typer.Argument(min=1, help="The version that waits.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept in the history.")],
    json_output: Json = False,
) -> None:
    """Let a version that waits into service, under your own AWS identity."""
    from cli.deciding import decide

    decide(target, model, version, "approve", reason, json_output=json_output)
