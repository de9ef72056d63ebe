"""The states of CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from perennial.adapters.aws import client, translated
from perennial.registry.clock import iso

_MOST = 100  # names in one request


class CloudWatchAlarms:
    """`perennial.automation.ports.Alarms` on CloudWatch."""

    def __init__(self, cloudwatch: Any = None) -> None:
        """Args: cloudwatch: the client, where it is not the process's own."""
        self._cloudwatch = cloudwatch if cloudwatch is not None else client("cloudwatch")

    def on(self, names: Collection[str]) -> Mapping[str, str]:
        """Which of these metric alarms are on, each with the time it went on.

        Raises:
            Unavailable: CloudWatch did not answer.
        """
        return {
            name: since for name, (state, since) in self.states(names).items() if state == "ALARM"
        }

    def states(self, names: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """State and time of its last change of those of these alarms that there are.

        Raises:
            Unavailable: CloudWatch did not answer.
        """
        asked, found = list(names), {}
        for first in range(0, len(asked), _MOST):
            with translated("CloudWatch", "describing alarms"):
                answer = self._cloudwatch.describe_alarms(
                    AlarmNames=asked[first : first + _MOST], AlarmTypes=["MetricAlarm"]
                )
            for alarm in answer["MetricAlarms"]:
                since = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
                found[alarm["AlarmName"]] = (alarm["StateValue"], iso(since))
        return found
