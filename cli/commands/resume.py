"""`perennial resume`: automation goes on after it has stopped."""

from __future__ import annotations

from cli import terminal
from cli.options import Json, Model, Reason, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    reason: Reason,
    json_output: Json = False,
) -> None:
    """Let alarms of a model be acted on again, under your own AWS identity."""
    from cli import catalogue
    from cli.operator import Operator
    from cli.outputs import Deployment

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    wanted = {"action": "resume", "reason": reason}
    answer = Operator.of(deployment).change("POST", model, "automation", wanted)
    if json_output:
        terminal.emit(answer)
        return
    terminal.show(f"Alarms of {model} are acted on again.")
