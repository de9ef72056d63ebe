"""What is shown is text, whoever wrote it."""

from __future__ import annotations

import pytest
from rich.text import Text

from cli import terminal
from cli.exits import CommandError

RENAMES_THE_WINDOW = "x\x1b]0;renamed\x07\x9b31m.csv"
SHOWN = "x\ufffd]0;renamed"


def test_a_name_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(RENAMES_THE_WINDOW, Text(RENAMES_THE_WINDOW))
    terminal.show(terminal.table(["File"], [[RENAMES_THE_WINDOW]]))
    terminal.note(RENAMES_THE_WINDOW)
    terminal.complain(CommandError(RENAMES_THE_WINDOW, advice=RENAMES_THE_WINDOW))
    told = capsys.readouterr()
    assert told.out.count(SHOWN) == 3
    assert told.err.count(SHOWN) == 3
    assert not {"\x1b", "\x07", "\x9b"} & set(told.out + told.err)


def test_colours_of_our_own_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    console = terminal.stdout()
    with console.capture() as captured:
        console.print(Text(RENAMES_THE_WINDOW, style="red"))
    assert captured.get().startswith(f"\x1b[31m{SHOWN}")
