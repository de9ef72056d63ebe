"""Has the model looked at as its schedule would, and knows what goes on meanwhile."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from examples.story.deployment import Deployment

_SECONDS = 300.0  # a machine may be busy otherwise
_EVERY = 0.1


@dataclass(frozen=True)
class Look:
    """One report.

    Attributes:
        at: end of the window it is about, seconds since 1970.
        row: that was next then.
        verdicts: what its checks came to, by name.
        uri: where it lies.
    """

    at: float
    row: int
    verdicts: dict[str, str]
    uri: str

    @property
    def alarms(self) -> list[str]:
        """The checks that found something."""
        return [name for name, state in self.verdicts.items() if state == "alarm"]


class _Report(NamedTuple):
    verdicts: dict[str, str]
    uri: str


@dataclass
class Watching:
    """Reports on a model, one after the other.

    Attributes:
        deployment: what runs.
        model: who is looked at.
        began: end of the window of the last report, seconds since 1970.
        sent: tells how many requests were sent so far.
        looks: the reports.
    """

    deployment: Deployment
    model: str
    began: float
    sent: Callable[[], int]
    looks: list[Look] = field(default_factory=list)
    _thread: threading.Thread | None = None
    _broken: list[BaseException] = field(default_factory=list)

    @property
    def looking(self) -> bool:
        """Whether a report is being made.

        Raises:
            RuntimeError: the last one could not be made.
        """
        if self._broken:
            raise RuntimeError("a report could not be made") from self._broken[0]
        return self._thread is not None and self._thread.is_alive()

    def begin(self, row: int) -> None:
        """Have everything since the last report looked at; `looking` until it is."""
        self._thread = threading.Thread(target=self._look, args=(row,), name="look", daemon=True)
        self._thread.start()

    def _look(self, row: int) -> None:
        try:
            end = math.ceil(time.time())
            time.sleep(max(end - time.time(), 0))
            self._settle(self.sent())
            told = self._monitored(self.began, end)
        except BaseException as error:  # raised anew where it is waited for
            self._broken.append(error)
            return
        self.began = end
        self.looks.append(Look(end, row, told.verdicts, told.uri))

    def _settle(self, sent: int) -> None:
        """Wait until what was captured and told in the first `sent` requests is written.

        Requests go on meanwhile, and each leaves a message at most: more than were sent since
        cannot be left.
        """
        sqs = self.deployment.client("sqs")
        queues = [
            url
            for url in sqs.list_queues().get("QueueUrls", [])
            if "missed" not in url and ("capture" in url or "outcome" in url)
        ]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            counts = [
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
                for url in queues
            ]
            if sum(int(one[name]) for one in counts for name in names) <= self.sent() - sent:
                return
            time.sleep(_EVERY)
        raise TimeoutError("captured predictions and outcomes were not written")

    def _monitored(self, start: float, end: float) -> _Report:
        machine = self.deployment.machines["monitoring"]
        workflows = self.deployment.client("stepfunctions")
        given = {"model": self.model, "start": _text(start), "end": _text(end)}
        began = workflows.start_execution(stateMachineArn=machine, input=json.dumps(given))
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            told = workflows.describe_execution(executionArn=began["executionArn"])
            if told["status"] == "SUCCEEDED":
                return self._report_of(workflows, began["executionArn"])
            if told["status"] != "RUNNING":
                raise RuntimeError(f"monitoring {told['status']}: {told.get('cause')}")
            time.sleep(_EVERY)
        raise TimeoutError("the monitoring workflow did not end")

    def _report_of(self, workflows: Any, execution: str) -> _Report:
        """What the state that reports came to; the workflow itself ends with what was done."""
        history = workflows.get_execution_history(executionArn=execution)
        for event in history["events"]:
            ended = event.get("stateExitedEventDetails") or {}
            if ended.get("name") == "MonitorModel":
                told = json.loads(ended["output"])
                return _Report(told["verdicts"], told["report_uri"])
        raise RuntimeError("the monitoring workflow made no report")


def under_way(deployment: Deployment, model: str) -> str:
    """What goes on with a model at this moment, in a word; empty: nothing."""
    registry = deployment.registry
    route = registry.route(model)
    if route is not None and route.rollout_id:
        return "rollout"
    if any(not run.status.final for run in registry.runs(model, 5)):
        return "training"
    workflows = deployment.client("stepfunctions")
    # The end of a rollout is proven while others are served already.
    for kind in ("retraining", "rollback"):
        found = workflows.list_executions(
            stateMachineArn=deployment.machines[kind], statusFilter="RUNNING"
        )
        if found["executions"]:
            return kind
    return ""


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
