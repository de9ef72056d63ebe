"""`docs/cli.md` says what the commands are: every option, every exit code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.app import app
from cli.exits import Exit

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
ON_TARGET = {"--json", "--aws", "--profile", "--region", "--prefix"}


def section(heading: str) -> str:
    return re.split(r"\n##+ ", PAGE.split(f"\n{heading}\n", 1)[1])[0]


def rows(heading: str) -> list[list[str]]:
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def spelled(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return "/".join([parameter.opts[0], *parameter.secondary_opts])


def default_of(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if parameter.default is True:
        return str(parameter.opts[0])
    return "" if parameter.default in (None, False) else str(parameter.default)


def documented_of(parameter: Any) -> list[str]:
    return [spelled(parameter), default_of(parameter), str(parameter.help)]


def test_every_command_has_a_section() -> None:
    assert re.findall(r"^### `perennial (\w+)`$", PAGE, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented(name: str) -> None:
    own = [p for p in COMMANDS[name].params if p.name != "help"]
    spellings = {spelled(p) for p in own}
    shared = ON_TARGET if spellings >= ON_TARGET else {"--json"}
    expected = [documented_of(p) for p in own if spelled(p) not in shared]
    assert rows(f"### `perennial {name}`") == expected


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_described_as_its_help_does(name: str) -> None:
    first = str(COMMANDS[name].help).split("\n\n")[0].replace("\n", " ")
    assert first in section(f"### `perennial {name}`").replace("\n", " ")


def test_shared_options_are_documented() -> None:
    own = {spelled(p): documented_of(p) for p in COMMANDS["runs"].params}
    assert rows("## Shared options") == [
        own[name] for name in (row[0] for row in rows("## Shared options"))
    ]
    assert {row[0] for row in rows("## Shared options")} == ON_TARGET
    told = section("## Shared options").split("|")[0]
    takers = [
        name
        for name, command in COMMANDS.items()
        if {spelled(p) for p in command.params} >= ON_TARGET
    ]
    assert [name for name in re.findall(r"`(\w+)`", told) if name in COMMANDS] == takers


def test_every_command_prints_json_when_asked() -> None:
    for command in COMMANDS.values():
        assert "--json" in {spelled(parameter) for parameter in command.params}


def test_exit_codes_are_documented() -> None:
    documented = [(int(code), name, meaning) for code, name, meaning in rows("## Exit codes")]
    assert documented == [(code.value, code.name, code.meaning) for code in Exit]


def test_variables_of_the_environment_are_documented() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in (Path(__file__).parents[3] / "cli").rglob("*.py")
    )
    used = set(re.findall(r'environ(?:\.get\()?\[?"(PERENNIAL_\w+)"', sources))
    assert {row[0] for row in rows("## Environment")} == used
