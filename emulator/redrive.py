"""RedriveExecution: an execution that failed goes on at the state that failed.

The execution is walked again from its start with what its states returned the first time, and
nothing of that is told twice in its history. The state that failed runs anew; of a distributed
Map, only the children that did not succeed.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
"""

import contextvars
import copy
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from emulator import seams

Json = Any
_SFN: Final = "services.stepfunctions:"
_REDRIVABLE: Final = ("FAILED", "ABORTED", "TIMED_OUT")
# Kept in the record of an execution, which is saved with it.
_RETURNED, _AT, _UNTIL = "_returned", "_at", "_until"


def install() -> None:
    """Remember what states return, and answer the call."""
    _remember("_execute_task")
    _remember("_execute_map")
    _tell_once()
    _describe()
    _answer()
    _name_map_runs()


def _name_map_runs() -> None:
    """Check calls about a map run against its ARN; MiniStack knows no resource of theirs."""

    def extract(
        service: str, method: str, path: str, headers: Json, body: bytes, *more: Json
    ) -> str:
        if service == "states" and b'"mapRunArn"' in (body or b""):
            return str(json.loads(body)["mapRunArn"])
        return str(original(service, method, path, headers, body, *more))

    original = seams.replace("core.iam_actions:extract_resource_arn", extract)


def _remember(handler: str) -> None:
    """Keep what a kind of state returned, and return it again while an execution is walked."""

    def run(
        state_def: dict[str, Json], raw_input: Json, execution: dict[str, Json], ctx: Json
    ) -> Json:
        if "mapRunArn" in execution:  # a child: it is run anew as a whole
            return original(state_def, raw_input, execution, ctx)
        name = ctx["State"]["Name"]
        returned = execution.setdefault(_RETURNED, {})
        if _UNTIL in execution and name in returned:
            output, following, variables = copy.deepcopy(returned[name])
            ctx["variables"].update(variables)
            return output, following
        output, following = original(state_def, raw_input, execution, ctx)
        returned[name] = copy.deepcopy([output, following, ctx["variables"]])
        return output, following

    original = seams.replace(_SFN + handler, run)


def _tell_once() -> None:
    """Leave out of the history what an execution that is walked again has told already."""

    def add(execution: dict[str, Json], event_type: str, details: Json = None) -> Json:
        if event_type.endswith("StateEntered"):
            execution[_AT] = details["stateEnteredEventDetails"]["name"]
        if _UNTIL in execution:
            if execution[_AT] != execution[_UNTIL]:
                return None
            del execution[_UNTIL]
        return original(execution, event_type, details)

    original = seams.replace(_SFN + "_add_event", add)


def _describe() -> None:
    def describe(data: dict[str, Json]) -> Json:
        status, headers, body = original(data)
        execution = seams.get(_SFN + "_executions").get(data.get("executionArn"))
        if status != 200 or execution is None:
            return status, headers, body
        told = json.loads(body)
        told["redriveCount"] = execution.get("redriveCount", 0)
        told["redriveStatus"] = (
            "REDRIVABLE" if execution["status"] in _REDRIVABLE else "NOT_REDRIVABLE"
        )
        return seams.get("core.responses:json_response")(told)

    original: Callable[[dict[str, Json]], Json] = seams.replace(
        _SFN + "_describe_execution", describe
    )


def _answer() -> None:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Json
    ) -> Json:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return _redrive(json.loads(body or b"{}"))
        return await original(method, path, headers, body, query_params)

    original = seams.replace(_SFN + "handle_request", handle)


def _redrive(data: dict[str, Json]) -> Json:
    arn = str(data.get("executionArn"))
    execution = seams.get(_SFN + "_executions").get(arn)
    error = seams.get("core.responses:error_response_json")
    if execution is None:
        return error("ExecutionDoesNotExist", f"Execution {arn} not found", 400)
    if execution["status"] not in _REDRIVABLE or _AT not in execution:
        told = f"Execution is {execution['status']} and cannot be redriven"
        return error("ExecutionNotRedrivable", told, 400)
    for key in ("error", "cause"):
        execution.pop(key, None)
    count = execution.get("redriveCount", 0) + 1
    execution.update(status="RUNNING", stopDate=None, output=None, redriveCount=count)
    seams.get(_SFN + "_add_event")(
        execution,
        "ExecutionRedriven",
        {"executionRedrivenEventDetails": {"redriveCount": count}},
    )
    execution[_UNTIL] = execution[_AT]
    seams.get(_SFN + "_emit_execution_status_event")(execution)
    run = seams.get(_SFN + "_run_execution")
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run, arn), daemon=True).start()
    now = datetime.now(UTC).timestamp()
    return seams.get("core.responses:json_response")({"redriveDate": now})
