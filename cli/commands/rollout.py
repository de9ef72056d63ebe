"""`perennial rollout`: where a version on its way into service stands, and a person's say in it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import terminal
from cli.exits import CommandError, Exit
from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    pause: Annotated[
        bool, typer.Option("--pause", help="Stay at this step and stop judging.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Judge this step again, from now on.")
    ] = False,
    advance: Annotated[
        bool,
        typer.Option("--advance", help="Go on to the next step; after the last, into service."),
    ] = False,
    end: Annotated[
        bool, typer.Option("--end", help="Give the champion all requests again.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why; it is kept in the history.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Show the rollout of a model, or pause, resume, advance or end it."""
    from cli import catalogue, records, rollout_view
    from cli.operator import Operator
    from cli.outputs import Deployment

    wanted = {"pause": pause, "resume": resume, "advance": advance, "end": end}
    action = _action([name for name, chosen in wanted.items() if chosen], reason)
    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    store = records.registry(deployment)
    shown = rollout_view.document(store, model)
    if action is not None:
        if shown["rollout"] is None:
            raise CommandError(
                f"No rollout of {model} is under way.",
                advice=f"`perennial rollout {model}` shows how the last one ended.",
                code=Exit.NOT_FOUND,
            )
        change = {"action": action, "reason": reason, "step": shown["rollout"]["step"]}
        Operator.of(deployment).change("POST", model, "rollout", change)
        shown = rollout_view.document(store, model)
    if json_output:
        terminal.emit(shown)
        return
    terminal.show(*rollout_view.parts(shown))


def _action(chosen: list[str], reason: str | None) -> str | None:
    if len(chosen) > 1:
        options = " and ".join(f"--{name}" for name in chosen)
        raise CommandError(f"{options} contradict each other.", code=Exit.USAGE)
    if chosen and not reason:
        raise CommandError(
            f"--{chosen[0]} needs a --reason; it is kept in the history.", code=Exit.USAGE
        )
    if reason and not chosen:
        raise CommandError(
            "--reason says why something is done; add what is to be done.",
            advice="--pause, --resume, --advance or --end.",
            code=Exit.USAGE,
        )
    return chosen[0] if chosen else None
