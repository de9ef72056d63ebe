"""Which state machine a task token belongs to: on AWS the right to use the token is one on it."""

import json
from typing import Any

from emulator import seams
from emulator.stepfunctions import current_execution

_machines: dict[str, str] = {}


def install() -> None:
    """Remember the machine of each token, and name it as the resource of calls that use one."""

    def call_back(resource: str, input_data: Any, token: str, state_def: object) -> object:
        execution = current_execution()
        if execution is not None:
            # For good: a token that was used is still one of its machine.
            _machines[token] = str(execution["stateMachineArn"])
        return original_call_back(resource, input_data, token, state_def)

    def arn(service: str, *request: Any) -> str:
        given = str(original_arn(service, *request))
        asked = str(action_of(service, *request[:-2]))
        return _machine(request) or given if asked.startswith("states:SendTask") else given

    original_call_back = seams.replace("services.stepfunctions:_invoke_with_callback", call_back)
    action_of = seams.get("core.iam_actions:extract_iam_action")
    original_arn = seams.replace("core.iam_actions:extract_resource_arn", arn)


def _machine(request: tuple[Any, ...]) -> str:
    """The machine of the token in a request's body; empty where nothing waits by it."""
    for part in request:
        if not isinstance(part, bytes | bytearray):
            continue
        try:
            asked = json.loads(part)
        except ValueError:
            return ""
        return _machines.get(str(asked.get("taskToken")), "") if isinstance(asked, dict) else ""
    return ""
