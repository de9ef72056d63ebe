"""The metrics API Gateway and Step Functions publish about themselves."""

import time
from datetime import datetime
from typing import Any, Final

from emulator import seams
from emulator.metrics.store import record

_ENDED: Final = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "ABORTED": "ExecutionsAborted",
    "TIMED_OUT": "ExecutionsTimedOut",
}


def install() -> None:
    """Measure requests and executions as they end."""
    _measure_requests()
    _measure_executions()


def _measure_requests() -> None:
    async def execute(
        api_id: str,
        stage_name: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
    ) -> Any:
        begun = time.monotonic()
        answer = await original(api_id, stage_name, method, path, headers, body, query_params)
        latency = (time.monotonic() - begun) * 1000
        name = (seams.get("services.apigateway_v1:_rest_apis").get(api_id) or {}).get("name")
        if name:
            for dimensions in ({"ApiName": name}, {"ApiName": name, "Stage": stage_name}):
                _record_request(int(answer[0]), latency, dimensions)
        return answer

    original = seams.replace("services.apigateway_v1:handle_execute", execute)


def _record_request(status: int, latency: float, dimensions: dict[str, str]) -> None:
    space = "AWS/ApiGateway"
    record(space, "Count", 1, unit="Count", dimensions=dimensions)
    record(space, "Latency", latency, unit="Milliseconds", dimensions=dimensions)
    record(space, "4XXError", 400 <= status < 500, unit="Count", dimensions=dimensions)
    record(space, "5XXError", status >= 500, unit="Count", dimensions=dimensions)


def _measure_executions() -> None:
    def emit(execution: dict[str, Any]) -> None:
        dimensions = {"StateMachineArn": str(execution["stateMachineArn"])}
        ended = _ENDED.get(str(execution["status"]))
        name = ended or "ExecutionsStarted"
        record("AWS/States", name, 1, unit="Count", dimensions=dimensions)
        if ended:
            record(
                "AWS/States",
                "ExecutionTime",
                _milliseconds(execution),
                unit="Milliseconds",
                dimensions=dimensions,
            )
        original(execution)

    original = seams.replace("services.stepfunctions:_emit_execution_status_event", emit)


def _milliseconds(execution: dict[str, Any]) -> float:
    begun, ended = (
        datetime.fromisoformat(str(execution[key]).replace("Z", "+00:00"))
        for key in ("startDate", "stopDate")
    )
    return (ended - begun).total_seconds() * 1000
