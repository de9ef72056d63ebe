"""The stack that watches the others."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from perennial.automation.kinds import alarm_name, clashes, composites_of
from perennial.errors import SpecError

from stacks import watches
from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs import account_budget
from stacks.constructs.account_budget import AccountBudget
from stacks.constructs.alarm_topic import AlarmTopic
from stacks.constructs.capture import MISSED
from stacks.constructs.dashboard import Dashboard
from stacks.constructs.function_workflow import machine_arn as machine_arn_of
from stacks.constructs.inference_api import STAGE
from stacks.constructs.model_alarms import ModelAlarms
from stacks.constructs.outcomes import MISSED as OUTCOMES_MISSED
from stacks.constructs.slack_channel import SlackChannel
from stacks.constructs.upload_queue import MISSED as UPLOADS_MISSED
from stacks.forgetting import NAME as FORGETTING
from stacks.scoring import ScoringStack
from stacks.serving import ServingStack
from stacks.training import TrainingStack
from stacks.watch import WatchStack

_PERIOD = Duration.minutes(5)
ACTING = ("monitoring", "retraining", "rollback", "rollout")  # workflows that watch and act


class OperationsStack(PerennialStack):
    """Alarms, their topic and a dashboard."""

    def __init__(
        self,
        app: App,
        *,
        blueprint: Blueprint,
        training: TrainingStack,
        serving: ServingStack,
        scoring: ScoringStack,
        watch: WatchStack,
    ) -> None:
        """Args: blueprint: the deployment; training, serving, scoring, watch: what is watched."""
        super().__init__(
            app, "Operations", blueprint=blueprint, description="Perennial: alarms and dashboard"
        )
        settings = self._settings = blueprint.settings
        self._functions = {
            name: settings.function_name(name)
            for stack in (training, serving, scoring, watch)
            for name in stack.functions
        }
        self.add_stack_dependency(watch)
        topic = AlarmTopic(
            self,
            "Alarms",
            name=settings.function_name("alarms"),
            email=settings.alarm_email,
            publisher_arns=[
                watch.react_role.value,
                training.functions["approve"].role.role_arn,
            ],
            services=[account_budget.SERVICE] if settings.budget else [],
        )
        if settings.budget:
            budget = AccountBudget(
                self,
                "Budget",
                name=settings.function_name("budget"),
                dollars=settings.budget,
                topic_arn=topic.topic.topic_arn,
            )
            budget.node.add_dependency(topic)  # and on the policy that lets it publish
        if settings.slack_workspace_id and settings.slack_channel_id:
            SlackChannel(
                self,
                "Slack",
                name=settings.function_name("alarms"),
                workspace_id=settings.slack_workspace_id,
                channel_id=settings.slack_channel_id,
                topic=topic.topic,
            )
        machine_arn = training.workflow.machine.state_machine_arn
        alarms = ModelAlarms(
            self,
            "Watch",
            prefix=settings.prefix.lower(),
            topic=topic.topic,
            watches={
                **watches.of_training(
                    machine_arn,
                    training.missed.queue.queue_name,
                    settings.function_name(UPLOADS_MISSED),
                ),
                **watches.of_scoring(
                    scoring.workflow.machine.state_machine_arn, scoring.missed.queue.queue_name
                ),
                **watches.of_versions(self._functions["predict"]),
                **watches.of_capture(settings.function_name(MISSED)),
                **watches.of_outcomes(settings.function_name(OUTCOMES_MISSED)),
                **watches.of_watching(
                    {name: machine_arn_of(self, settings, name) for name in _acting(blueprint)},
                    watch.missed.queue.queue_name,
                ),
                **watches.of_auditing(settings.audit_hours),
            },
        )
        self._refuse_clashes(blueprint, [*serving.alarms, *alarms.alarms])
        board = Dashboard(
            self,
            "Board",
            name=settings.prefix,
            alarms=[*serving.alarms.values(), *alarms.alarms.values()],
            models=self._of_models(blueprint),
            graphs=self._graphs(machine_arn),
        )
        CfnOutput(self, "TopicArn", value=topic.topic.topic_arn)
        CfnOutput(self, "DashboardName", value=board.dashboard.dashboard_name)

    def _refuse_clashes(self, blueprint: Blueprint, others: list[str]) -> None:
        """CloudWatch would take two alarms of one name for one, each in place of the other."""
        prefix = self._settings.prefix.lower()
        taken = [f"{prefix}-{name}" for name in others]
        if found := [*clashes(prefix, blueprint.specs, taken)]:
            raise SpecError("\n".join(f"{each}; give the model another name" for each in found))

    def _of_models(self, blueprint: Blueprint) -> list[cloudwatch.IAlarm]:
        """The two alarms of each model that are made of others, where it has them."""
        prefix = self._settings.prefix.lower()
        names = [
            alarm_name(prefix, model, end)
            for model, spec in sorted(blueprint.specs.items())
            for end in composites_of(spec)
        ]
        return [cloudwatch.Alarm.from_alarm_name(self, f"{name}-shown", name) for name in names]

    def _graphs(self, machine_arn: str) -> dict[str, list[cloudwatch.IMetric]]:
        api = {"ApiName": self._settings.prefix, "Stage": STAGE}
        machine = {"StateMachineArn": machine_arn}
        ends = ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut")
        return {
            "Requests": [
                _metric("AWS/ApiGateway", name, api, "Sum")
                for name in ("Count", "4XXError", "5XXError")
            ],
            "Latency of requests, ms": [
                _metric("AWS/ApiGateway", "Latency", api, statistic) for statistic in ("p50", "p99")
            ],
            "Requests by model": [_by_model("Requests", "Sum")],
            "Errors by model, share of requests": [_by_model("Errors", "Average")],
            "Latency by model, p99, ms": [_by_model("LatencyMs", "p99")],
            "Performance by model": [_by_model("Performance", "Average")],
            "Retrainings by model": [_by_model("Retrainings", "Sum")],
            "Rollbacks by model": [_by_model("Rollbacks", "Sum")],
            "Training runs": [_metric("AWS/States", name, machine, "Sum") for name in ends],
            "Errors of functions": [
                _metric("AWS/Lambda", "Errors", {"FunctionName": name}, "Sum")
                for name in self._functions.values()
            ],
        }


def _acting(blueprint: Blueprint) -> tuple[str, ...]:
    """The workflows that somebody has to hear of where they break."""
    return (*ACTING, FORGETTING) if blueprint.pseudonyms else ACTING


def _metric(
    namespace: str, name: str, dimensions: dict[str, str], statistic: str
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=_PERIOD,
    )


def _by_model(name: str, statistic: str) -> cloudwatch.MathExpression:
    """A metric of each model there is, whichever these are."""
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{{Perennial,model}} MetricName=\"{name}\"', '{statistic}', "
        f"{int(_PERIOD.to_seconds())})",
        using_metrics={},
        label="",
        period=_PERIOD,
    )
