"""`perennial rollback`: take the version in service back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import terminal
from cli.exits import CommandError, Exit
from cli.options import Json, Model, Reason, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    reason: Reason,
    to: Annotated[
        int | None,
        typer.Option(
            "--to", min=1, help="The version to go back to; without it, the last good one."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, help="Seconds to wait for the proof.")
    ] = 60,
    json_output: Json = False,
) -> None:
    """Take the version in service back: the last good one answers within ten seconds."""
    from cli import catalogue, proofs, records
    from cli.operator import Operator
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    store = records.registry(deployment)
    seen = store.route(model)
    if seen is None:
        raise CommandError(f"{model} has no version in service.", code=Exit.NOT_FOUND)
    # With the revision that was seen, a repeated command cannot take back one version more.
    wanted = {"to": to, "reason": reason, "expected_revision": seen.revision}
    route = Operator.of(deployment).change("POST", model, "rollback", wanted)
    served = route["champion"]["version"]
    if not json_output:
        terminal.show(_told(model, seen.champion.number, served, route))
    proof = proofs.awaited(store, model, route["revision"], timeout)
    proven = proof.what == proofs.PROVEN
    if json_output:
        terminal.emit({**route, "proven": proven, "proof": proof.reason, **proof.details})
    else:
        terminal.show(f"{'Proven' if proven else 'Not proven'}: {proof.reason}.")
    if not proven:
        raise typer.Exit(Exit.FAILED)


def _told(model: str, before: int, served: int, route: dict[str, Any]) -> str:
    if served == before:
        return (
            f"The rollout of {model} has ended, its challenger is rejected; version {served} "
            f"answers everything (revision {route['revision']}, by {route['changed_by']})."
        )
    return (
        f"{model} is served by version {served} again; version {before} is rejected "
        f"(revision {route['revision']}, by {route['changed_by']})."
    )
