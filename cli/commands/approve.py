"""`perennial approve`: let a version that waits into service."""

from __future__ import annotations

from cli.options import Json, Model, Reason, Waiting, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    version: Waiting,
    reason: Reason,
    json_output: Json = False,
) -> None:
    """Let a version that waits into service, under your own AWS identity."""
    from cli.deciding import decide

    decide(target, model, version, "approve", reason, json_output=json_output)
