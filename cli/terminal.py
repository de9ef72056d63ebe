"""What people and programs read: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from cli.exits import CommandError

_ENDLESS = 1000  # characters of a line that no terminal has to show


def stdout() -> Console:
    """The console for results; wide enough for a table when no terminal tells its width."""
    return _console(error=False)


def stderr() -> Console:
    """The console for progress and for what went wrong."""
    return _console(error=True)


def _console(*, error: bool) -> Console:
    from cli.console import HarmlessConsole

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else _ENDLESS
    return HarmlessConsole(file=stream, highlight=False, soft_wrap=not stream.isatty(), width=width)


def emit(document: object, *, indent: int | None = 2) -> None:
    """One JSON document on stdout, for `--json`; without indent it is one line."""
    sys.stdout.write(json.dumps(document, indent=indent, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def show(*parts: RenderableType) -> None:
    """A result, for people."""
    from rich.text import Text

    console = stdout()
    with console.capture() as captured:
        for part in parts:
            # A sentence is left whole: one that is broken cannot be copied as the line it is.
            console.print(part, markup=False, soft_wrap=isinstance(part, str | Text))
    # Tables fill their lines with spaces, which are in the way of whoever reads a file.
    text = captured.get()
    sys.stdout.write("".join(line.rstrip() + "\n" for line in text.removesuffix("\n").split("\n")))
    sys.stdout.flush()


def note(text: str) -> None:
    """A quiet remark, such as which target a command talks to."""
    stderr().print(text, style="dim", markup=False)


def complain(error: CommandError) -> None:
    """What went wrong, where, and what to do."""
    from rich.text import Text

    console = stderr()
    console.print(Text.assemble(("Error: ", "bold red"), error.message))
    if error.advice:
        console.print(Text(error.advice, style="dim"))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> RenderableType:
    """A table without lines that fits the terminal; headings that end in `>` are right-aligned."""
    from cli.tables import Fitting

    return Fitting(headings, list(rows))
