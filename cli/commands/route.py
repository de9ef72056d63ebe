"""`perennial route`: put a version in service, or back."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import terminal
from cli.options import Json, Model, Reason, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    version: Annotated[int, typer.Argument(min=1, help="The registered version.")],
    reason: Reason,
    expected_revision: Annotated[
        int | None,
        typer.Option(
            "--expected-revision",
            min=0,
            help="Of the route you saw: changes nothing when somebody was faster.",
        ),
    ] = None,
    json_output: Json = False,
) -> None:
    """Put a registered version in service, an older one too, under your own AWS identity."""
    from cli import catalogue
    from cli.operator import Operator
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    route = Operator.of(deployment).route(model, version, reason, expected_revision)
    if json_output:
        terminal.emit(route)
        return
    before = route["previous"]
    former = f", version {before['version']} before it" if before else ""
    terminal.show(
        f"{model} is served by version {route['champion']['version']}{former} "
        f"(revision {route['revision']}, by {route['changed_by']})."
    )
