"""`perennial reject`: refuse a version that waits."""

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
    """Refuse a version that waits, under your own AWS identity."""
    from cli.deciding import decide

    decide(target, model, version, "reject", reason, json_output=json_output)
