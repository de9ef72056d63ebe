"""Follows a run from its upload to its end, telling the list of steps what happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perennial.registry.records import Run, RunStatus

from cli import training_job
from cli.exits import CommandError, Exit
from cli.outputs import Deployment
from cli.records import registry
from cli.steps import State, Step, Steps
from cli.workflow import SEARCH, Passage, Visit, visits

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# An upload starts its run through two services that deliver within seconds.
_START_SECONDS = 60.0
WAITING = "AskForApproval"  # the state in which a version waits for people
# The end of an execution and the end of its run are two writes, one after the other.
_SETTLE_SECONDS = 30.0


@dataclass
class Follower:
    """One run that is being watched.

    Attributes:
        deployment: where it runs.
        model: whose run it is.
        run_id: which one.
        steps: the list that is told.
    """

    deployment: Deployment
    model: str
    run_id: str
    steps: Steps
    history: list[Visit] = field(default_factory=list)
    _shown: list[Step] = field(default_factory=list)
    _waiting: Step | None = None

    def follow(self, timeout: float | None = None) -> Run:
        """Watch until the run has ended; returns it as it ended.

        Raises:
            CommandError: no run appeared, the workflow ended without one, or the time is up.
        """
        store = registry(self.deployment)
        began = time.monotonic()
        ended_at: float | None = None
        while True:
            run = store.run(self.model, self.run_id)
            over = self._look()
            self._tell_waiting(run)
            self._tell()
            if run is not None and run.status.final and (over is not False or self._waits()):
                return store.run(self.model, self.run_id) or run
            now = time.monotonic()
            ended_at = (ended_at or now) if over else None
            self._check_patience(run, now - began, now - ended_at if ended_at else 0.0, timeout)
            time.sleep(self.deployment.target.patience)

    def _look(self) -> bool | None:
        """Read the execution; whether it is over, or None when it has not begun."""
        client: SFNClient = self.deployment.target.client("stepfunctions")
        arn = self.deployment.execution(self.run_id)
        try:
            # Asked first: what comes after it is then in the history too.
            status = client.describe_execution(executionArn=arn)["status"]
        except client.exceptions.ExecutionDoesNotExist:
            return None
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        self.history = visits(event for page in pages for event in page["events"])
        return status != "RUNNING"

    def _waits(self) -> bool:
        """Whether the execution waits for people, which may take days."""
        return bool(self.history) and self.history[-1].state == WAITING

    def _tell(self) -> None:
        for position, visit in enumerate(self.history):
            if position == len(self._shown):
                self._shown.append(self.steps.begin(visit.title))
            step = self._shown[position]
            if step.state is not State.RUNNING:
                continue
            if visit.left is None:
                step.detail = self._detail(visit)
            else:
                broken = visit.passage is Passage.BROKEN
                self.steps.end(
                    step,
                    State.STOPPED if broken else State.DONE,
                    detail=visit.failure or visit.progress,
                    seconds=visit.seconds,
                )

    def _detail(self, visit: Visit) -> str:
        if visit.state == training_job.STATE:
            return training_job.progress(self.deployment, self.run_id, visit)
        if visit.state == SEARCH:
            return visit.progress
        return f"attempt {visit.attempts}" if visit.attempts > 1 else ""

    def _tell_waiting(self, run: Run | None) -> None:
        """Show that a run waits for its turn, for as long as it does."""
        waits = not self.history
        if waits and self._waiting is None:
            self._waiting = self.steps.begin("Wait for the start")
        if self._waiting is None:
            return
        if waits and run is not None and run.status is RunStatus.QUEUED:
            self._waiting.detail = f"another run of {self.model} is training"
        elif not waits or (run is not None and run.status.final):
            self.steps.end(self._waiting, detail="")
            self._waiting = None

    def _check_patience(
        self, run: Run | None, waited: float, settled: float, timeout: float | None
    ) -> None:
        if timeout is not None and waited > timeout:
            raise CommandError(
                f"The run {self.run_id[:12]} has not ended within {timeout:g} s; it goes on.",
                advice=f"`perennial runs {self.model} {self.run_id[:12]}` shows how it stands.",
                code=Exit.TIMEOUT,
            )
        if run is None and not self.history and waited > _START_SECONDS:
            raise CommandError(
                f"The upload started no run within {_START_SECONDS:g} s.",
                advice="`perennial logs trigger` shows what the trigger made of it.",
                code=Exit.UNAVAILABLE,
            )
        if settled > _SETTLE_SECONDS:
            raise CommandError(
                f"The workflow of run {self.run_id[:12]} has ended, and its run was not concluded.",
                advice="`perennial logs conclude` shows why.",
                code=Exit.RUN_FAILED,
            )


def seconds_by_state(history: list[Visit]) -> dict[str, float]:
    """How long each state took in all, by its name."""
    totals: dict[str, Any] = {}
    for visit in history:
        totals[visit.state] = totals.get(visit.state, 0.0) + (visit.seconds or 0.0)
    return {state: round(seconds, 3) for state, seconds in totals.items()}
