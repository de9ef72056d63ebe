"""Asynchronous invocations: attempts and failure destination of the alias that was called.

Events of EventBridge, Scheduler and alarms are invocations of this kind, too; MiniStack drops
theirs when they fail.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from emulator import roles, seams

_log = logging.getLogger("emulator.lambdas")
_SENDS: Final = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
}

Record = dict[str, Any]


def install() -> None:
    """Put the settings of each call in place, and check what the role lets it send on failure."""

    def invoke(func: Record, event: object) -> None:
        # As MiniStack reads it: the one that counts, and none to fall back to.
        original(
            {**func, "event_invoke_config": _settings(func), "event_invoke_configs": {}}, event
        )

    def route(target: str, name: str, event: object, result: Record) -> None:
        _, config, _ = seams.get("services.lambda_svc:_get_func_record_for_ref")(name)
        action = _SENDS.get(target.split(":")[2], "")
        _, region = seams.current_scope()
        if roles.allowed(str((config or {}).get("Role")), action, target, region):
            original_route(target, name, event, result)
        else:
            _log.warning("%s may not send its failed event to %s", name, target)

    original = seams.replace("services.lambda_svc:invoke_async_with_retry", invoke)
    original_route = seams.replace("services.lambda_svc:_route_async_failure", route)
    seams.replace("services.eventbridge:_dispatch_to_lambda", _dispatch)


def call(function_arn: str, event: object) -> bool:
    """Invoke a function, alias or version and wait for nothing; false when there is none."""
    func, config, _ = seams.get("services.lambda_svc:_get_func_record_for_ref")(function_arn)
    if not config:
        return False
    named = {**config, "FunctionArn": function_arn}
    record = seams.get("services.lambda_svc:_execution_record_for_config")(func, named)
    seams.get("services.lambda_svc:invoke_async_with_retry")(record, event)
    return True


def _dispatch(function_arn: str, payload: str) -> None:
    """An event of a rule or a schedule, in the place of MiniStack's function."""
    if not call(function_arn, json.loads(payload)):
        _log.warning("an event meets no function: %s", function_arn)


def _settings(func: Mapping[str, Any]) -> Record | None:
    """What is configured for exactly the alias, the version or the function called."""
    config = func.get("config") or func
    parts = str(config["FunctionArn"]).split(":")
    qualifier = parts[7] if len(parts) > 7 else "$LATEST"
    name = ":".join(parts[:7])
    record, _, _ = seams.get("services.lambda_svc:_get_func_record_for_ref")(name)
    configured: dict[str, Record] = (record or {}).get("event_invoke_configs") or {}
    return configured.get(qualifier) or (configured.get("") if qualifier == "$LATEST" else None)
