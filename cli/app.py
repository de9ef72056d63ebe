"""Which commands there are, and the boundary around them."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated, Any

import typer

from cli.boundary import boundary
from cli.commands import (
    approve,
    audit,
    card,
    check,
    compare,
    cost,
    demo,
    deploy,
    doctor,
    down,
    export,
    forget,
    history,
    init,
    lineage,
    logs,
    models,
    monitor,
    openapi,
    outcomes,
    predict,
    reject,
    report,
    reproduce,
    resume,
    rollback,
    rollout,
    route,
    runs,
    score,
    train,
    up,
    versions,
    watch,
)


class _Guarded(typer.core.TyperGroup):
    """The group of all commands, inside the boundary that explains what goes wrong."""

    def invoke(self, ctx: Any) -> Any:
        with boundary():
            return super().invoke(ctx)


app = typer.Typer(
    name="perennial",
    cls=_Guarded,
    help="Train, serve and watch models of tables, on this machine or on AWS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _module in (
    up,
    down,
    deploy,
    init,
    check,
    openapi,
    train,
    runs,
    models,
    versions,
    card,
    history,
    audit,
    lineage,
    export,
    compare,
    reproduce,
    approve,
    reject,
    route,
    rollback,
    rollout,
    predict,
    score,
    outcomes,
    monitor,
    report,
    watch,
    resume,
    forget,
    cost,
    logs,
    doctor,
    demo,
):
    app.command(_module.__name__.rpartition(".")[2])(_module.run)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"perennial {metadata.version('perennial-mlops')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options of the program itself."""
