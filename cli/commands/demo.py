"""`perennial demo`: the whole way, from a data file to an answer over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import project, terminal
from cli.exits import CommandError, Exit
from cli.options import Json


def run(
    model: Annotated[
        str, typer.Argument(help="breast-cancer, wine or diabetes.")
    ] = "breast-cancer",
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the emulator running at the end.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Deploy to the emulator, train on real data, follow the run and ask the endpoint.

    What was measured goes to build/demo.json. Unless --keep is given, or the emulator ran before,
    nothing is left running.
    """
    from cli import demo, samples

    if model not in samples.NAMES:
        raise CommandError(
            f"There is no demo of {model!r}; there are {', '.join(samples.NAMES)}.", code=Exit.USAGE
        )
    measured = demo.play(project.current(), model, keep=keep, quiet=json_output)
    if json_output:
        terminal.emit(measured)
