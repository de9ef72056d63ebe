"""Invocations: their errors as on AWS, their whole log, and their metrics."""

import json
import os
import queue
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from emulator import seams
from emulator.lambdas.worker import END_OF_LOG
from emulator.metrics.store import record

_WORKER: Final = Path(__file__).with_name("worker.py")
_LARGEST: Final = 6_291_556
_LOG_SECONDS: Final = 2.0
# Processes of one function. On AWS a quota ends what a burst can start; here memory would.
AT_ONCE: Final = max(8, 4 * (os.cpu_count() or 1))
_RUNNING: Final = defaultdict[str, threading.Semaphore](lambda: threading.Semaphore(AT_ONCE))

Result = dict[str, Any]


def install(runtime: Path) -> None:
    """Run Python functions with our worker, and measure every invocation."""
    # Inherited by the workers; they take it out of their environment first.
    os.environ["EMULATOR_RUNTIME"] = str(runtime)
    _use_worker()
    seams.replace("services.lambda_svc:_execute_function_warm", _execute)
    _measure()


def _use_worker() -> None:
    source = _WORKER.read_text(encoding="utf-8")

    def detect(runtime: str) -> tuple[str, str]:
        if runtime.startswith("python"):
            return sys.executable, source
        found: tuple[str, str] = detect_other(runtime)
        return found

    def drain(worker: Any, *waits: float) -> str:
        if not str(worker.config.get("Runtime", "")).startswith("python"):
            return str(drain_other(worker, *waits))
        return _whole_log(worker._stderr_queue)

    detect_other = seams.replace("core.lambda_runtime:_detect_runtime_binary", detect)
    drain_other = seams.replace("core.lambda_runtime:Worker._drain_stderr_bounded", drain)


def _whole_log(lines: "queue.Queue[str]") -> str:
    """The lines up to the mark that ends an invocation's log."""
    read: list[str] = []
    deadline = time.monotonic() + _LOG_SECONDS
    while time.monotonic() < deadline:
        try:
            line = lines.get(timeout=_LOG_SECONDS)
        except queue.Empty:
            break
        if line == END_OF_LOG:
            break
        read.append(line)
    return "\n".join(read).rstrip("\n")


def _execute(func: Result, event: object, request_id: str) -> Result:
    """Run the handler in a warm worker; takes the place of MiniStack's function.

    A call beyond `AT_ONCE` waits for its turn, and its timeout begins with it.
    """
    config = func.get("config") or func
    with _RUNNING[str(config["FunctionName"])]:
        return _run(func, config, event, request_id)


def _run(func: Result, config: Result, event: object, request_id: str) -> Result:
    runtime = str(config.get("Runtime", ""))
    worker, _ = seams.get("core.lambda_runtime:acquire_worker")(
        config["FunctionName"], config, func["code_zip"], qualifier=config.get("Version", "$LATEST")
    )
    try:
        answer = worker.invoke(
            event,
            request_id,
            invoked_function_arn=config.get("FunctionArn", ""),
            depth=seams.get("services.lambda_svc:_invoke_depth").get(),
            durable=seams.get("services.lambda_svc:_durable_env_overlay")(),
        )
    except RuntimeError as error:
        return _failed("Runtime.InitError", str(error), "")
    finally:
        seams.get("core.lambda_runtime:release_worker")(worker)
    log = str(answer.get("log", ""))
    if "failure" in answer:
        return {"body": {**answer["failure"], "requestId": request_id}, "error": True, "log": log}
    if answer.get("status") == "ok":
        return _succeeded(answer.get("result"), log)
    return _broken(str(answer.get("error", "")), log, request_id, python=runtime[:6] == "python")


def _succeeded(result: object, log: str) -> Result:
    size = len(json.dumps(result))
    if size > _LARGEST:
        message = f"Response payload size exceeded maximum allowed payload size ({_LARGEST} bytes)."
        return _failed("Function.ResponseSizeTooLarge", message, log)
    return {"body": result, "log": log}


def _broken(error: str, log: str, request_id: str, *, python: bool) -> Result:
    """The process timed out or died."""
    log = log.replace(END_OF_LOG, "").rstrip("\n")
    if error.startswith("Task timed out"):
        line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {request_id} {error}"
        return _failed(
            "Sandbox.Timedout", f"RequestId: {request_id} Error: {error}", f"{log}\n{line}"
        )
    if python:
        error = "Runtime exited with error: signal: killed"
        return _failed("Runtime.ExitError", f"RequestId: {request_id} Error: {error}", log)
    return _failed("Runtime.HandlerError", error, log)


def _failed(kind: str, message: str, log: str) -> Result:
    return {"body": {"errorType": kind, "errorMessage": message}, "error": True, "log": log}


def _measure() -> None:
    """AWS/Lambda metrics of every invocation; MiniStack has those of direct ones only."""

    def dispatch(
        func: Result, config: Result, event: object, request_id: str, started: float
    ) -> Result:
        result: Result = original(func, config, event, request_id, started)
        name = str(config.get("FunctionName"))
        aliases = _aliases(name, str(config.get("Version")))
        _emit(name, "Invocations", 1, "Count", aliases)
        _emit(name, "Errors", 1 if result.get("error") else 0, "Count", aliases)
        _emit(name, "Throttles", 0, "Count", aliases)
        _emit(name, "Duration", (time.time() - started) * 1000, "Milliseconds", aliases)
        return result

    def direct(
        function_name: str,
        duration_ms: float,  # noqa: ARG001 - MiniStack's contract
        error: bool,  # noqa: ARG001
        throttle: bool,
    ) -> None:
        if throttle:
            _emit(function_name, "Throttles", 1, "Count")

    original = seams.replace("services.lambda_svc:_execute_function_dispatch", dispatch)
    seams.replace("services.lambda_svc:_emit_lambda_metrics", direct)


def _aliases(function: str, version: str) -> list[str]:
    """The aliases that lead to a version: it is called by no other way here."""
    record, _, _ = seams.get("services.lambda_svc:_get_func_record_for_ref")(function)
    aliases: dict[str, Result] = (record or {}).get("aliases") or {}
    return [name for name, alias in aliases.items() if alias.get("FunctionVersion") == version]


def _emit(function: str, metric: str, value: float, unit: str, aliases: Sequence[str] = ()) -> None:
    named = [{"FunctionName": function, "Resource": f"{function}:{alias}"} for alias in aliases]
    for dimensions in ({}, {"FunctionName": function}, *named):
        record("AWS/Lambda", metric, value, unit=unit, dimensions=dimensions)
