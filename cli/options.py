"""Options that many commands share, spelled once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from cli import project, terminal
from cli.target import DEFAULT_PREFIX, Target, choose

P = ParamSpec("P")


def _model_names() -> list[str]:
    """For shell completion: what the specs of this checkout are called."""
    return project.current().model_names


Model = Annotated[str, typer.Argument(help="The model.", autocompletion=_model_names)]

Json = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON document, and nothing else.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the history.")]
Waiting = Annotated[int, typer.Argument(min=1, help="The version that waits.")]
_Aws = Annotated[
    bool, typer.Option("--aws", help="Act on AWS instead of the emulator of this checkout.")
]
_Profile = Annotated[
    str | None, typer.Option("--profile", help="Profile of the AWS configuration (with --aws).")
]
_Region = Annotated[str | None, typer.Option("--region", help="AWS region (with --aws).")]
Prefix = Annotated[
    str | None,
    typer.Option("--prefix", help=f"What the stacks' names begin with: {DEFAULT_PREFIX} if unset."),
]
_SHARED = {"aws": (_Aws, False), "profile": (_Profile, None), "region": (_Region, None)} | {
    "prefix": (Prefix, None)
}


def on_target(command: Callable[Concatenate[Target, P], None]) -> Callable[..., None]:
    """Give a command the options that choose a target, and the target as its first argument.

    The target is named on stderr before anything is done to it.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        chosen: dict[str, Any] = {name: kwargs.pop(name) for name in _SHARED}
        target = choose(**chosen)
        terminal.note(f"Target: {target.title}")
        command(target, *args, **kwargs)

    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in _SHARED.items()
    ]
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own] + shared
    # Typer reads both, and `wraps` left the command's own behind.
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    del run.__wrapped__
    return run
