"""The workflow that forgets a person: one function, called until there is nothing left to find."""

from __future__ import annotations

import json

from stacks.workflow.states import State, decide, expression, invocation

_LONGEST = 6 * 60 * 60  # seconds


def definition(*, call: int) -> str:
    """The workflow as Amazon States Language, with a placeholder for the function.

    What is handed on says how far it came and how much was found, and of the person a pseudonym.
    A failed execution may be redriven or asked for anew: what is gone stays gone.

    Args:
        call: seconds after which a call is given up.
    """
    states: dict[str, State] = {
        "ForgetPerson": {
            **invocation("ForgetPerson", timeout=call, payload=expression("$states.input")),
            "Output": expression("$states.result.Payload"),
            "Next": "DecideOnRest",
        },
        "DecideOnRest": decide(
            ("$states.input.done", "TellResult", expression("$states.input.result")),
            default="ForgetPerson",
        ),
        "TellResult": {"Type": "Succeed"},
    }
    return json.dumps(
        {
            "Comment": "Perennial: take a person's rows out of what is stored",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": _LONGEST,
            "StartAt": "ForgetPerson",
            "States": states,
        }
    )
