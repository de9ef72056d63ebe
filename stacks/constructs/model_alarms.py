"""The alarms: what is watched, when it is too much, and what to do then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

_RUNBOOK = "docs/operations.md"
_QUIET = cloudwatch.TreatMissingData.NOT_BREACHING  # no traffic, no trouble
_MINUTES = 5


@dataclass(frozen=True)
class Watch:
    """One alarm.

    Attributes:
        metric: namespace and name.
        dimensions: whose metric.
        statistic: how a period is summed up.
        above: the highest value that is all right.
        says: one sentence for the person it wakes.
        anchor: the section of the runbook.
        periods: how many periods are looked at.
        of_them: how many of these must be above.
        minutes: the length of a period.
        missing: what a period without a value counts as; where nothing at all is missed
            (`MISSING`), people are told of that too.
    """

    metric: tuple[str, str]
    dimensions: Mapping[str, str]
    statistic: str
    above: float
    says: str
    anchor: str
    periods: int = 1
    of_them: int = 1
    minutes: int = _MINUTES
    missing: cloudwatch.TreatMissingData = _QUIET


class ModelAlarms(Construct):
    """Alarms that tell one topic.

    Attributes:
        alarms: by name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        prefix: str,
        topic: sns.ITopic,
        watches: Mapping[str, Watch],
    ) -> None:
        """Args: prefix: of the alarms' names; topic: who is told; watches: alarms by name."""
        super().__init__(scope, id_)
        tell = actions.SnsAction(topic)
        self.alarms: dict[str, cloudwatch.Alarm] = {}
        for name, watch in watches.items():
            alarm = _alarm(self, f"{prefix}-{name}", name, watch)
            alarm.add_alarm_action(tell)
            if watch.missing is cloudwatch.TreatMissingData.MISSING:
                alarm.add_insufficient_data_action(tell)
            self.alarms[name] = alarm


def _alarm(scope: Construct, full_name: str, name: str, watch: Watch) -> cloudwatch.Alarm:
    namespace, metric_name = watch.metric
    return cloudwatch.Alarm(
        scope,
        name,
        alarm_name=full_name,
        alarm_description=f"{watch.says} What to do: {_RUNBOOK}#{watch.anchor}",
        metric=cloudwatch.Metric(
            namespace=namespace,
            metric_name=metric_name,
            dimensions_map=dict(watch.dimensions),
            statistic=watch.statistic,
            period=Duration.minutes(watch.minutes),
        ),
        threshold=watch.above,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=watch.periods,
        datapoints_to_alarm=watch.of_them,
        treat_missing_data=watch.missing,
    )
