"""`perennial down`: stop the emulator."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from cli import project, terminal
from cli.options import Json


def run(
    wipe: Annotated[
        bool, typer.Option("--wipe", help="Also delete everything the emulator holds.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Stop the emulator of this checkout. What it holds is kept for the next `up`."""
    from emulator import control

    state = project.current().state
    emulator = control.running(state)
    if emulator is not None:
        emulator.stop()
    if wipe:
        shutil.rmtree(state, ignore_errors=True)
    if json_output:
        terminal.emit({"stopped": emulator is not None, "wiped": wipe})
        return
    told = "The emulator is stopped" if emulator else "No emulator was running"
    terminal.show(f"{told}; what it held is {'deleted' if wipe else 'kept'}.")
