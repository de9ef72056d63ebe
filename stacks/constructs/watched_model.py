"""The alarms of one model, and the two that are made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct
from perennial.automation.kinds import CAUSES, DEGRADED, HARMFUL, HARMS, AlarmKind, alarm_name

from stacks.model_watches import ModelWatch

RUNBOOK = "docs/operations.md"
_SAYS = {
    DEGRADED: "The model has got worse, or the world has moved; it is trained anew.",
    HARMFUL: "The version in service does harm; it is taken back.",
}


class WatchedModel(Construct):
    """Alarms of one model that tell one topic.

    What leads to an action tells people by the alarm that is made of several, so that one trouble
    is told once; what leads to none tells them itself.

    Attributes:
        alarms: by kind.
        composites: the ones made of others, by what ends their names.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        prefix: str,
        model: str,
        topic: sns.ITopic,
        watches: Mapping[AlarmKind, ModelWatch],
    ) -> None:
        """Alarms.

        Args:
            scope: the stack.
            id_: the construct's id.
            prefix: of the alarms' names.
            model: which is watched.
            topic: who is told.
            watches: alarms by kind.
        """
        super().__init__(scope, id_)
        self._prefix, self._model, self._tell = prefix, model, actions.SnsAction(topic)
        self.alarms = {kind: self._alarm(kind, watch) for kind, watch in watches.items()}
        self.composites: dict[str, cloudwatch.CompositeAlarm] = {}
        self._compose(HARMFUL, HARMS)
        self._compose(DEGRADED, tuple(CAUSES), unless=AlarmKind.QUALITY)

    def _alarm(self, kind: AlarmKind, watch: ModelWatch) -> cloudwatch.Alarm:
        operator = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            kind,
            alarm_name=self._name(kind),
            alarm_description=self._description(kind, watch.says),
            metric=metric_of(self._model, watch),
            threshold=watch.threshold,
            comparison_operator=operator.LESS_THAN_THRESHOLD
            if watch.below
            else operator.GREATER_THAN_THRESHOLD,
            evaluation_periods=watch.periods,
            datapoints_to_alarm=watch.of_them,
            treat_missing_data=watch.missing,
        )
        if watch.tells:
            alarm.add_alarm_action(self._tell)
        if watch.tells and watch.missing is cloudwatch.TreatMissingData.MISSING:
            alarm.add_insufficient_data_action(self._tell)
        return alarm

    def _compose(
        self, end: str, kinds: Sequence[AlarmKind], unless: AlarmKind | None = None
    ) -> None:
        there = [kind for kind in kinds if kind in self.alarms]
        if not there:
            return
        rule = " OR ".join(self._on(kind) for kind in there)
        if unless in self.alarms:
            rule = f"({rule}) AND NOT {self._on(unless)}"
        composite = cloudwatch.CompositeAlarm(
            self,
            end,
            composite_alarm_name=self._name(end),
            alarm_description=self._description(end, _SAYS[end]),
            alarm_rule=cloudwatch.AlarmRule.from_string(rule),
        )
        # The rule names them; CloudWatch refuses one about an alarm that is not there.
        composite.node.add_dependency(*self.alarms.values())
        composite.add_alarm_action(self._tell)
        self.composites[end] = composite

    def _on(self, kind: AlarmKind) -> str:
        return f'ALARM("{self._name(kind)}")'

    def _name(self, end: str) -> str:
        return alarm_name(self._prefix, self._model, end)

    def _description(self, end: str, says: str) -> str:
        return f"{self._model}: {says} What to do: {RUNBOOK}#model-{end}"


def metric_of(model: str, watch: ModelWatch) -> cloudwatch.IMetric:
    """What an alarm looks at: one metric of a model, if enough came together, or the largest."""
    period = Duration.seconds(watch.period)
    if watch.least:
        (name,) = watch.metrics
        return cloudwatch.MathExpression(
            expression=f"IF(total >= {watch.least}, level, 0)",
            using_metrics={
                "level": model_metric(model, name, watch.statistic, period),
                "total": model_metric(model, name, "Sum", period),
            },
            period=period,
        )
    single = {
        name.lower(): model_metric(model, name, watch.statistic, period) for name in watch.metrics
    }
    if len(single) == 1:
        return next(iter(single.values()))
    return cloudwatch.MathExpression(
        expression=f"MAX([{', '.join(single)}])", using_metrics=single, period=period
    )


def model_metric(model: str, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
    """A metric of one model."""
    return cloudwatch.Metric(
        namespace="Perennial",
        metric_name=name,
        dimensions_map={"model": model},
        statistic=statistic,
        period=period,
    )
