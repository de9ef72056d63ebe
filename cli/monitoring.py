"""Starts a monitoring pass and follows it to its report."""

from __future__ import annotations

import json
import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from perennial.spec.duration import seconds

from cli.exits import CommandError, Exit
from cli.outputs import Deployment
from cli.steps import State, Step, Steps
from cli.workflow import Visit, visits

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_MONITOR = "MonitorModel"


def monitor(
    deployment: Deployment, model: str, window: str | None, steps: Steps, timeout: float | None
) -> str:
    """Have a report made; returns its id.

    What is done about alarms comes after the report and does not undo it: where only that
    breaks, it is told by its step.

    Raises:
        CommandError: the window is no length of time, no report was made, or the time is up.
    """
    client: SFNClient = deployment.target.client("stepfunctions")
    arn = client.start_execution(
        stateMachineArn=deployment.of("Watch")["MonitoringMachineArn"],
        name=f"by-hand-{uuid.uuid4()}",
        input=json.dumps(_asked(model, window)),
    )["executionArn"]
    shown: list[Step] = []
    began = time.monotonic()
    while True:
        status = client.describe_execution(executionArn=arn)["status"]
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = [event for page in pages for event in page["events"]]
        history = visits(events)
        _tell(history, shown, steps)
        if status != "RUNNING":
            return _report_id(events) or _failed(model, history, status)
        if timeout is not None and time.monotonic() - began > timeout:
            raise CommandError(
                f"The report has not been made within {timeout:g} s; the pass goes on.",
                advice=f"`perennial report {model}` shows it later.",
                code=Exit.TIMEOUT,
            )
        time.sleep(deployment.target.patience)


def _asked(model: str, window: str | None) -> dict[str, str]:
    """The input of the workflow; without a window, the function takes that of the spec."""
    end = datetime.now(UTC).replace(microsecond=0)
    asked = {"model": model, "end": end.isoformat()}
    if window is None:
        return asked
    if not re.fullmatch(r"[1-9][0-9]{0,5}[smhd]", window):
        raise CommandError(
            f"--window {window} is no length of time; write 30m, 6h or 7d.", code=Exit.USAGE
        )
    return asked | {"start": (end - timedelta(seconds=seconds(window))).isoformat()}


def _tell(history: list[Visit], shown: list[Step], steps: Steps) -> None:
    for place, visit in enumerate(history):
        if place == len(shown):
            shown.append(steps.begin(visit.title))
        if visit.left is not None and shown[place].state is State.RUNNING:
            state = State.STOPPED if visit.failure else State.DONE
            steps.end(shown[place], state, detail=visit.failure, seconds=visit.seconds)


def _report_id(events: list[Any]) -> str | None:
    """The report that the state `MonitorModel` answered with."""
    for event in events:
        details = event.get("stateExitedEventDetails", {})
        if details.get("name") == _MONITOR:
            uri = str(json.loads(details.get("output") or "{}").get("report_uri", ""))
            return uri.rpartition("/")[0].rpartition("/")[2] or None
    return None


def _failed(model: str, history: list[Visit], status: str) -> str:
    why = next((visit.failure for visit in history if visit.failure), status)
    raise CommandError(
        f"No report on {model} was made: {why}.",
        advice="`perennial logs monitor` shows what happened.",
        code=Exit.RUN_FAILED,
    )
