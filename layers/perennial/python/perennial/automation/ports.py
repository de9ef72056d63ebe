"""What acting on alarms needs of the outside. `perennial.adapters` has each on AWS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from perennial.automation.situation import LatestReport
from perennial.registry.clock import Clock, iso
from perennial.registry.queue import Workflow
from perennial.registry.store import Registry
from perennial.spec import ModelSpec
from perennial.spec.duration import seconds

_LATE = 3600  # seconds


class Alarms(Protocol):
    """CloudWatch's alarms, as far as acting on them asks."""

    def on(self, names: Collection[str]) -> Mapping[str, str]:
        """Which of these alarms are on, each with the time it went on (ISO 8601, UTC).

        Raises:
            Unavailable: the service does not answer.
        """
        ...


class Reports(Protocol):
    """What monitoring has written about models."""

    def latest(self, model: str, since: str) -> LatestReport | None:
        """The newest report whose window ended after a moment (ISO 8601), if there is one.

        Raises:
            Unavailable: the store does not answer.
        """
        ...


class Topic(Protocol):
    """Where people are told."""

    def publish(self, subject: str, text: str) -> None:
        """Tell everybody who listens.

        Raises:
            Unavailable: the service does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All of them.

    Attributes:
        registry: records.
        alarms: states of alarms.
        reports: monitoring reports.
        retraining: the workflow that gathers training data and starts a run.
        rollback: the workflow that takes a version back.
        rollout: the workflow that takes the steps of rollouts.
        second_look: the workflow that waits until alarms had time to go off, and asks again.
        topic: where people are told.
        clock: the present moment.
        prefix: of the alarms' names.
    """

    registry: Registry
    alarms: Alarms
    reports: Reports
    retraining: Workflow
    rollback: Workflow
    rollout: Workflow
    second_look: Workflow
    topic: Topic
    clock: Clock
    prefix: str

    def report(self, model: str, spec: ModelSpec) -> LatestReport | None:
        """The newest report of a model; None when none was made for two rounds and an hour."""
        back = timedelta(seconds=2 * seconds(spec.monitoring.every) + _LATE)
        return self.reports.latest(model, iso(datetime.fromisoformat(self.clock()) - back))
