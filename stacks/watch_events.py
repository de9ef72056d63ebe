"""The events after which the alarms of a model are looked at."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.function_workflow import machine_arn
from stacks.constructs.python_function import PythonFunction
from stacks.settings import Settings

# Workflows after whose end what was held back may be due: a slot is free, or the route another.
_WORKFLOWS = ("training", "rollout", "rollback", "retraining")
_ENDED = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
_TRY_HOURS = 6
# Alarms that are new, or know nothing any more, call for no action.
_CHANGES = {"On": "state", "Off": "previousState"}


class WatchEvents(Construct):
    """Calls the function that acts when an alarm changes, and when a workflow has ended.

    The function looks at the present state of everything: the event says only whose.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        function: PythonFunction,
        missed: sqs.IQueue,
    ) -> None:
        """Args: settings: of the deployment; function: the target; missed: for the rest."""
        super().__init__(scope, id_)
        target = targets.LambdaFunction(
            function.function,
            dead_letter_queue=missed,
            max_event_age=Duration.hours(_TRY_HOURS),
        )
        for rule, field in _CHANGES.items():
            events.Rule(
                self,
                rule,
                description="An alarm of a model that goes on or off is acted on",
                event_pattern=events.EventPattern(
                    source=["aws.cloudwatch"],
                    detail_type=["CloudWatch Alarm State Change"],
                    detail={
                        "alarmName": [{"prefix": f"{settings.prefix.lower()}-"}],
                        field: {"value": ["ALARM"]},
                    },
                ),
                targets=[target],
            )
        stack = Stack.of(self)
        machines = [machine_arn(stack, settings, name) for name in _WORKFLOWS]
        events.Rule(
            self,
            "Ends",
            description="After the end of a workflow, what waited for it is looked at",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": machines, "status": _ENDED},
            ),
            targets=[target],
        )
