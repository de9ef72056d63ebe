"""The rollback workflow: the last good version serves again, and that is proven."""

from __future__ import annotations

import json

from stacks.workflow.states import RUN, State, expression, invocation


def definition(*, write: int, prove: int) -> str:
    """The workflow as Amazon States Language, with placeholders for functions.

    What fails here fails the execution: nothing is left half done, since the route changes in one
    write, and starting it again does what is still to be done.

    Args:
        write: seconds after which the change of the route is given up.
        prove: seconds after which the proof is given up.
    """
    states: dict[str, State] = {
        "RollBack": {
            **invocation("RollBack", timeout=write, payload=expression("$states.input")),
            "Output": expression("$states.result.Payload"),
            "Next": "ProveRoute",
        },
        "ProveRoute": {
            **invocation(
                "ProveRoute", timeout=prove, payload={"model": expression(f"{RUN}.model")}
            ),
            "Output": expression("$states.result.Payload"),
            "End": True,
        },
    }
    return json.dumps(
        {
            "Comment": "Perennial: take a version back, and prove what serves instead",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": 6 * (write + prove),
            "StartAt": "RollBack",
            "States": states,
        }
    )
