"""The workflow of the second look: after a change of the route, alarms are given time to go off."""

from __future__ import annotations

import json

from perennial.automation.situation import SETTLING, SETTLING_SLOWLY

from stacks.workflow.states import expression, invocation

_ASKED = "$states.input.wait_seconds"


def definition(*, react: int) -> str:
    """The workflow as Amazon States Language, with a placeholder for the function.

    Args:
        react: seconds after which acting on alarms is given up.
    """
    return json.dumps(
        {
            "Comment": "Perennial: look at the alarms of a model again",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": SETTLING_SLOWLY + 4 * react,
            "StartAt": "WaitForEvidence",
            "States": {
                "WaitForEvidence": {
                    "Type": "Wait",
                    "Seconds": expression(f"$exists({_ASKED}) ? {_ASKED} : {SETTLING}"),
                    "Next": "ActOnAlarms",
                },
                "ActOnAlarms": {
                    **invocation("ActOnAlarms", timeout=react, payload=expression("$states.input")),
                    "Output": expression("$states.result.Payload"),
                    "End": True,
                },
            },
        }
    )
