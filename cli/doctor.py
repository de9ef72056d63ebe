"""Looks at everything the commands need, and survives whatever it finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from cli import boundary, checks
from cli.checks import Finding
from cli.exits import CommandError
from cli.project import Project

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cli.target import Target


def examine(here: Project, *, aws: bool, profile: str | None, region: str | None) -> list[Finding]:
    """Run every check; one that cannot be made is a finding too."""
    looks: list[tuple[str, Callable[[], Finding]]] = [
        ("Python", lambda: checks.python(here)),
        ("Node", lambda: checks.node(here)),
        ("CDK", lambda: checks.cdk(here)),
        ("Setup", lambda: checks.setup(here)),
        ("Disk", lambda: checks.disk(here)),
        ("Port", lambda: checks.port(here)),
        ("Specs", lambda: checks.specs(here)),
    ]
    if not aws:
        looks.append(("Emulator", lambda: checks.emulator(here)))
    findings = [_guarded(what, check) for what, check in looks]
    from cli.target import choose

    try:
        target = choose(aws=aws, profile=profile, region=region)
    except CommandError as error:
        # Without an emulator there is nothing to look at, and that has been said above.
        return (
            [*findings, Finding("Target", False, error.message, error.advice)] if aws else findings
        )
    return [*findings, _guarded("Account", lambda: checks.account(target)), *_stacks(target)]


def page(findings: list[Finding]) -> RenderableType:
    """The findings as a list, with what to do below each failure."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for finding in findings:
        mark = Text("ok", style="green") if finding.fine else Text("!!", style="bold red")
        grid.add_row(mark, finding.what, Text(finding.told))
        if not finding.fine and finding.advice:
            grid.add_row("", "", Text(finding.advice, style="dim"))
    return grid


def _guarded(what: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        known = boundary.explain(error)
        return Finding(what, False, known.message, known.advice)


def _stacks(target: Target) -> list[Finding]:
    from cli.outputs import further
    from cli.target import OPTIONAL, STACKS

    def looked_at(part: str) -> Finding:
        return _guarded(target.stack(part), partial(checks.stack, target, part))

    asked = [found for found in map(looked_at, OPTIONAL) if found.told != checks.NOT_DEPLOYED]
    try:
        more = further(target)
    except Exception:
        more = []  # what cannot be described is told of below, stack by stack
    return [*map(looked_at, (*STACKS, *more)), *asked]
