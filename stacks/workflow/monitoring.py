"""The monitoring workflow: a report on one model, and what follows from the alarms it set off."""

from __future__ import annotations

import json

from stacks.workflow.states import State, expression, invocation

_MODEL = "$states.context.Execution.Input.model"


def definition(*, monitor: int, react: int) -> str:
    """The workflow as Amazon States Language, with placeholders for functions.

    Acting comes after every report, whether an alarm has changed or not: what waited for the end
    of a cooldown is looked at again.

    Args:
        monitor: seconds after which a report is given up.
        react: seconds after which acting on alarms is given up.
    """
    states: dict[str, State] = {
        "MonitorModel": {
            **invocation("MonitorModel", timeout=monitor, payload=expression("$states.input")),
            "Output": expression("$states.result.Payload"),
            "Next": "ActOnAlarms",
        },
        "ActOnAlarms": {
            **invocation(
                "ActOnAlarms",
                timeout=react,
                payload={"model": expression(_MODEL)},
            ),
            "Output": expression("$states.result.Payload"),
            "End": True,
        },
    }
    return json.dumps(
        {
            "Comment": "Perennial: look at a model in service, and act on what is found",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": 4 * (monitor + react),
            "StartAt": "MonitorModel",
            "States": states,
        }
    )
