"""Reads the history of a workflow execution: which states it went through, how long each took."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Passage(StrEnum):
    """Where the execution stands with a state."""

    INSIDE = "inside"
    LEFT = "left"
    BROKEN = "broken"  # its task failed and was not tried again


SEARCH = "Search"  # the rounds of a search for hyperparameters, as one state
_OF_SEARCH = ("ProposeTrials", "RunTrials")


@dataclass(slots=True)
class Visit:
    """One passage through a Task state, or through all rounds of a search.

    Attributes:
        state: the state's name, such as `TrainModel`.
        entered: when.
        left: when, or None while the execution is inside.
        attempts: how often the task was started.
        failure: the last error of the task, as `Name: cause`.
        job_id: the Batch job the state waits for, once the service has told.
        rounds: of the search that have begun.
        jobs: of the round that runs, and `jobs_ended` how many of them have ended; None of both
            between two rounds.
    """

    state: str
    entered: datetime
    left: datetime | None = None
    attempts: int = 0
    failure: str = ""
    passage: Passage = Passage.INSIDE
    job_id: str | None = None
    rounds: int = 0
    jobs: int | None = None
    jobs_ended: int = 0

    @property
    def seconds(self) -> float | None:
        """How long it took, once it is over."""
        return None if self.left is None else (self.left - self.entered).total_seconds()

    @property
    def title(self) -> str:
        """The state's name as words: `TrainModel` is "Train model"."""
        return re.sub(r"(?<=[a-z])([A-Z])", lambda m: " " + m[1].lower(), self.state)

    @property
    def progress(self) -> str:
        """How far a search is: its rounds, and the jobs of the one that runs; empty of others."""
        if self.state != SEARCH:
            return ""
        if self.left is not None:
            return f"{self.rounds} round{'s' if self.rounds != 1 else ''}"
        if self.jobs is None:
            return f"proposing round {self.rounds + 1}"
        return f"round {self.rounds}, {self.jobs_ended} of {self.jobs} jobs ended"


_FAILED = ("TaskFailed", "TaskTimedOut", "TaskSubmitFailed", "TaskStartFailed")
_ENDED = ("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")


def visits(events: Iterable[Mapping[str, Any]]) -> list[Visit]:
    """The Task states of a history, in the order they were entered.

    The events are those of `GetExecutionHistory`. Choices, passes and ends are no work and are
    left out.
    """
    found: list[Visit] = []
    for event in events:
        kind = str(event["type"])
        if found and found[-1].state == SEARCH and _follow_search(found[-1], kind, event):
            continue
        if kind == "TaskStateEntered":
            name = _entered(event)
            found.append(Visit(SEARCH if name in _OF_SEARCH else name, event["timestamp"]))
        elif found and found[-1].left is None:
            _follow(found[-1], kind, event)
    return found


def _entered(event: Mapping[str, Any]) -> str:
    return str(event["stateEnteredEventDetails"]["name"])


def _follow_search(visit: Visit, kind: str, event: Mapping[str, Any]) -> bool:
    """Whether an event is the search's alone; the search ends where another task begins."""
    if visit.left is not None or kind in _ENDED:
        return False
    if kind == "MapStateEntered":
        visit.rounds, visit.jobs, visit.jobs_ended = visit.rounds + 1, 0, 0
    elif kind == "MapStateStarted":
        visit.jobs = int(event.get("mapStateStartedEventDetails", {}).get("length", 0))
    elif kind.startswith("MapIteration") and kind != "MapIterationStarted":
        visit.jobs_ended += 1
    elif kind == "MapStateExited":
        visit.jobs = None
    elif visit.jobs is not None:
        return True  # of a job: what becomes of it is no end of the search
    elif kind == "TaskStateEntered" and _entered(event) not in _OF_SEARCH:
        visit.left = event["timestamp"]
        visit.passage = Passage.BROKEN if visit.failure else Passage.LEFT
        return False
    else:
        return kind in ("TaskStateEntered", "TaskStateExited")
    return True


def _follow(visit: Visit, kind: str, event: Mapping[str, Any]) -> None:
    """What one event says of the state the execution is in."""
    if kind in ("TaskScheduled", "LambdaFunctionScheduled"):
        visit.attempts += 1
        visit.failure = ""
    elif kind == "TaskSubmitted":
        output = str(event.get("taskSubmittedEventDetails", {}).get("output", ""))
        job = re.search(r'"JobId"\s*:\s*"([^"]+)"', output)
        visit.job_id = job[1] if job else None
    elif kind in (*_FAILED, "LambdaFunctionFailed", "LambdaFunctionTimedOut"):
        visit.failure = _reason(kind, event)
    elif kind == "TaskStateExited" or kind in _ENDED:
        visit.left = event["timestamp"]
        broken = bool(visit.failure) or kind in _ENDED
        visit.passage = Passage.BROKEN if broken else Passage.LEFT


def _reason(kind: str, event: Mapping[str, Any]) -> str:
    """Error and cause of a failed task, from whichever details the event carries.

    A cause may be the JSON of a function's error or of a Batch job; it may also be cut short, so
    it is searched and not parsed.
    """
    told = (value for key, value in event.items() if key.endswith("EventDetails"))
    details: Mapping[str, Any] = next(told, {})
    cause = str(details.get("cause", ""))
    for name in ("errorMessage", "Reason", "StatusReason"):
        said = re.search(rf'"{name}" *: *"((?:[^"\\]|\\.)+)"', cause)
        if said:
            cause = said[1].replace('\\"', '"')
            break
    return f"{details.get('error', kind)}: {(cause.splitlines() or [''])[0][:200]}".rstrip(": ")
