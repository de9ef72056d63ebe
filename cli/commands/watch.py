"""`perennial watch`: a model's alarms, and what was done about them."""

from __future__ import annotations

from cli import terminal
from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(target: Target, model: Model, json_output: Json = False) -> None:
    """Show the alarms of a model, its newest report, and what was done without a person."""
    from cli import catalogue, watching
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    found = watching.look(deployment, model)
    if json_output:
        terminal.emit(found.document())
    else:
        watching.present(found)
