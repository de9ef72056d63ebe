"""`perennial check`: find the mistakes in specs, and in a data file, before anything is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import project, terminal
from cli.exits import Exit
from cli.options import Json

if TYPE_CHECKING:
    from perennial.spec import ModelSpec

    from cli.data_check import Findings
    from cli.specs import Mistake


def run(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Specs, or folders of them; without any, those in models/."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Check this training file against the spec, on this machine."),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of specs instead.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Validate model specs; every mistake is told with file, line, field and nearest name."""
    from cli import data_check, specs

    if schema:
        terminal.emit(specs.json_schema())
        return
    here = project.current()
    paths = [Path(here.shown(path)) for path in specs.spec_files(files or [here.models])]
    read, mistakes = specs.read(paths)
    document: dict[str, Any] = {
        "valid": not mistakes,
        "specs": [{"file": str(path), "name": spec.name} for path, spec in read.items()],
        "mistakes": [one.as_json() for one in mistakes],
    }
    findings = None
    if data is not None and not mistakes:
        findings = data_check.check(data, read)
        document |= {"valid": findings.accepted, "data": findings.as_json()}
    if json_output:
        terminal.emit(document)
    else:
        _tell(read, mistakes, findings)
    if not document["valid"]:
        raise typer.Exit(Exit.INVALID)


def _tell(
    read: Mapping[Path, ModelSpec], mistakes: Sequence[Mistake], findings: Findings | None
) -> None:
    for mistake in mistakes:
        terminal.show(str(mistake))
    if not mistakes:
        names = ", ".join(spec.name for spec in read.values())
        terminal.show(f"{len(read)} spec(s) without a mistake: {names}")
    if findings is not None:
        terminal.show(*findings.lines())
