"""`perennial doctor`: is everything here that is needed, and what to do if not."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import project, terminal
from cli.exits import Exit
from cli.options import Json


def run(
    aws: Annotated[
        bool, typer.Option("--aws", help="Look at AWS instead of the emulator.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option("--profile", help="Profile of the AWS configuration (with --aws).")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="AWS region (with --aws).")] = None,
    json_output: Json = False,
) -> None:
    """Check the installation, the specs and the deployment; say what to do about each failure."""
    from cli import doctor

    findings = doctor.examine(project.current(), aws=aws, profile=profile, region=region)
    if json_output:
        terminal.emit([finding.as_json() for finding in findings])
    else:
        terminal.show(doctor.page(findings))
    if not all(finding.fine for finding in findings):
        raise typer.Exit(Exit.FAILED)
