"""Workflows that run Batch jobs, and the ends of executions MiniStack leaves out.

Adds `arn:aws:states:::batch:submitJob` and its `.sync` form. A job that a state waits for is
terminated when the state times out or its execution is stopped. An execution ends TIMED_OUT after
the state machine's `TimeoutSeconds`, and one that was stopped stays ABORTED.
"""

import contextvars
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from emulator import seams
from emulator.batch import Batch, Job
from emulator.errors import ServiceError
from emulator.names import camel, pascal

_SUBMIT: Final = "arn:aws:states:::batch:submitJob"
# The execution a thread works for, and the jobs the state it is in waits for.
_execution: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "execution", default=None
)
_jobs: contextvars.ContextVar[list[Job] | None] = contextvars.ContextVar("jobs", default=None)


def current_execution() -> dict[str, Any] | None:
    """The execution that the calling thread runs a Task of."""
    return _execution.get()


@contextmanager
def acting_for(execution: dict[str, Any]) -> Iterator[None]:
    """Let what follows be checked and stopped as work of this execution."""
    task_of, jobs = _execution.set(execution), _jobs.set([])
    try:
        yield
    finally:
        _execution.reset(task_of)
        _jobs.reset(jobs)


def install(batch: Batch) -> None:
    """Extend MiniStack's workflow interpreter."""
    dispatch = seams.get("services.stepfunctions:_SERVICE_DISPATCH")
    dispatch[_SUBMIT] = lambda resource, arguments: _submit_job(batch, resource, arguments)
    _follow_tasks()
    _stop_jobs_of_timed_out_tasks(batch)
    _time_executions()


def _submit_job(batch: Batch, resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    request = camel(arguments)
    if resource.endswith(".sync"):
        # Step Functions marks the jobs it manages in this way.
        overrides = request.setdefault("containerOverrides", {})
        overrides.setdefault("environment", []).append(
            {"name": "MANAGED_BY_AWS", "value": "STARTED_BY_STEP_FUNCTIONS"}
        )
    try:
        job = batch.submit(request)
    except ServiceError as error:
        raise failure(
            f"Batch.{error.code}", f"{error.message} (Service: Batch, Status Code: 400)"
        ) from error
    if not resource.endswith(".sync"):
        return {"JobArn": job.arn, "JobId": job.id, "JobName": job.name}
    return _wait(batch, job)


def _wait(batch: Batch, job: Job) -> dict[str, Any]:
    execution = _execution.get()
    waited_for = _jobs.get()
    if waited_for is not None:
        waited_for.append(job)
    while not batch.wait(job, 0.2):
        if execution is not None and execution["status"] != "RUNNING":
            batch.terminate(job, "Step Functions execution ended")
    detail: dict[str, Any] = pascal(batch.describe(job))
    if job.status == "FAILED":
        raise failure("States.TaskFailed", json.dumps(detail))
    return detail


def failure(error: str, cause: str) -> Exception:
    """What a Task raises to fail with a name and a cause, for Retry and Catch to see."""
    made: Exception = seams.get("services.stepfunctions:_ExecutionError")(error, cause)
    return made


def _follow_tasks() -> None:
    """Let the code below a Task know which execution it runs for."""

    def execute_task(
        state_def: Mapping[str, Any], raw_input: object, execution: dict[str, Any], ctx: object
    ) -> object:
        with acting_for(execution):
            timed = _with_seconds(state_def, raw_input, ctx)
            return original(timed, raw_input, execution, ctx)

    original = seams.replace("services.stepfunctions:_execute_task", execute_task)


def _with_seconds(state: Mapping[str, Any], given: object, ctx: object) -> Mapping[str, Any]:
    """The state with its `TimeoutSeconds` evaluated; MiniStack takes only a number."""
    seconds = state.get("TimeoutSeconds")
    if not isinstance(seconds, str):
        return state
    evaluate = seams.get("services.stepfunctions:_apply_jsonata_template")
    return {**state, "TimeoutSeconds": evaluate(seconds, given, ctx)}


def _stop_jobs_of_timed_out_tasks(batch: Batch) -> None:
    def invoke(resource: str, input_data: object, timeout: float) -> object:
        try:
            return original(resource, input_data, timeout)
        except seams.get("services.stepfunctions:_ExecutionError") as error:
            if error.error == "States.Timeout":
                for job in _jobs.get() or []:
                    batch.terminate(job, "Step Functions task timed out")
            raise

    original = seams.replace("services.stepfunctions:_invoke_resource_with_timeout", invoke)


def _time_executions() -> None:
    def run(exec_arn: str) -> None:
        execution = seams.get("services.stepfunctions:_executions").get(exec_arn)
        seconds = _timeout_of(execution)
        if seconds is None:
            original_run(exec_arn)
            return
        context = contextvars.copy_context()
        timer = threading.Timer(seconds, lambda: context.run(_time_out, execution))
        timer.daemon = True
        timer.start()
        try:
            original_run(exec_arn)
        finally:
            timer.cancel()

    def fail(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            original_fail(execution, error, cause)

    original_run = seams.replace("services.stepfunctions:_run_execution", run)
    original_fail = seams.replace("services.stepfunctions:_fail_execution", fail)


def _timeout_of(execution: dict[str, Any] | None) -> float | None:
    machines = seams.get("services.stepfunctions:_state_machines")
    machine = machines.get(execution["stateMachineArn"]) if execution else None
    try:
        seconds = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    except ValueError:
        return None
    return float(seconds) if seconds else None


def _time_out(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["error"] = "States.Timeout"
    execution["stopDate"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    seams.get("services.stepfunctions:_add_event")(execution, "ExecutionTimedOut", {})
    seams.get("services.stepfunctions:_emit_execution_status_event")(execution)
