"""A schedule that calls a function."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.model_schedule import rate
from stacks.constructs.python_function import PythonFunction
from stacks.shared import allow

_ATTEMPTS = 10
_TRY_HOURS = 6


class FunctionSchedule(Construct):
    """Calls a function again and again, and keeps the calls that could not be made."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        function: PythonFunction,
        every: str,
        description: str,
        missed: sqs.IQueue,
    ) -> None:
        """A schedule.

        Args:
            scope: the stack.
            id_: the construct's id.
            function: what is called.
            every: how often, a duration such as `15m`.
            description: what for.
            missed: the queue of calls that could not be made.
        """
        super().__init__(scope, id_)
        account = Stack.of(self).account
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": account}},
            ),
        )
        allow(role, ["lambda:InvokeFunction"], [function.arn])
        allow(role, ["sqs:SendMessage"], [missed.queue_arn])
        scheduler.CfnSchedule(
            self,
            "Schedule",
            description=description,
            schedule_expression=rate(every),
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.arn,
                role_arn=role.role_arn,
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_TRY_HOURS * 3600,
                    maximum_retry_attempts=_ATTEMPTS,
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=missed.queue_arn
                ),
            ),
        )
