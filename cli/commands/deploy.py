"""`perennial deploy`: deploy what this checkout says, on the emulator or on AWS."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cli import project, terminal
from cli.options import Json, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before permissions change (AWS).")
    ] = False,
    json_output: Json = False,
) -> None:
    """Deploy models, functions and workflow. Needed after a spec or the code has changed."""
    from cli import local
    from cli.cdk import Cdk
    from cli.outputs import Deployment
    from cli.steps import Steps

    here = project.current()
    if target.emulator is not None:
        with local.alone(here), Steps() as steps:
            local.bring_up(here, target, steps)
    else:
        with Cdk(here, _environment(target)) as cdk:
            cdk.hand_over(*_arguments(target, yes=yes))
    outputs = {
        part.lower(): Deployment(target).of(part) for part in ("Storage", "Training", "Serving")
    }
    if json_output:
        terminal.emit(outputs)
        return
    for values in outputs.values():
        for name, value in values.items():
            terminal.show(f"{name:<20} {value}")


def _environment(target: Target) -> dict[str, str]:
    told = dict(os.environ)
    if target.profile:
        told["AWS_PROFILE"] = target.profile
    return told | {"AWS_REGION": target.region, "AWS_DEFAULT_REGION": target.region}


def _arguments(target: Target, *, yes: bool) -> list[str]:
    """The command line of `cdk`; its own approval question stays unless `yes`."""
    from cli import commit

    known = {"commit": commit.deployed(project.current().root)}
    chosen = {**known, **project.settings(), "target": "cloud", "prefix": target.prefix}
    context = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    approval = ["--require-approval", "never"] if yes else []
    return ["deploy", "--all", *context, *approval]
