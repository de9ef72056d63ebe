"""`perennial reject`: refuse a version that waits."""

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
    """Refuse a version that waits, under your own AWS identity."""
    from cli.deciding import decide

    decide(target, model, version, "reject", reason, json_output=json_output)
