"""How the command line decides about a version that waits, and tells what came of it."""

from __future__ import annotations

from typing import Any

from cli import terminal
from cli.outputs import Deployment
from cli.target import Target

_SAYS = {
    "APPROVED": "is approved and comes into service",
    "REJECTED": "is rejected and will not serve",
}


def decide(
    target: Target, model: str, version: int, decision: str, reason: str, *, json_output: bool
) -> None:
    """Send a decision, signed with the caller's own credentials, and show the approval.

    Raises:
        CommandError: the answer is a problem, or there is none.
    """
    from cli import catalogue
    from cli.operator import Operator

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    wanted = {"decision": decision, "reason": reason}
    place = f"versions/{version}/approval"
    told: dict[str, Any] = Operator.of(deployment).change("POST", model, place, wanted)
    if json_output:
        terminal.emit(told)
        return
    terminal.show(
        f"Version {told['version']} of {told['model']} {_SAYS[told['status']]} "
        f"(by {told['decided_by']}: {told['reason']})."
    )
