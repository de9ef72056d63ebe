"""When a model is looked at: a schedule that starts the monitoring workflow."""

from __future__ import annotations

import json

from aws_cdk import aws_scheduler as scheduler
from constructs import Construct
from perennial.spec.duration import seconds

_MINUTE = 60
_ATTEMPTS = 10
_TRY_HOURS = 6


class ModelSchedule(Construct):
    """Starts a workflow for one model again and again."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        model: str,
        every: str,
        machine_arn: str,
        role_arn: str,
        missed_arn: str,
    ) -> None:
        """A schedule.

        Args:
            scope: the stack.
            id_: the construct's id.
            model: what the workflow is told.
            every: a duration of the spec.
            machine_arn: the workflow.
            role_arn: may start it.
            missed_arn: the queue of starts that could not be made.
        """
        super().__init__(scope, id_)
        scheduler.CfnSchedule(
            self,
            "Schedule",
            description=f"Looks at {model} every {every}",
            schedule_expression=rate(every),
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=machine_arn,
                role_arn=role_arn,
                input=json.dumps({"model": model}),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_TRY_HOURS * 3600,
                    maximum_retry_attempts=_ATTEMPTS,
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=missed_arn),
            ),
        )


def rate(every: str) -> str:
    """A duration as EventBridge Scheduler spells it: whole minutes, rather sooner than late."""
    minutes = seconds(every) // _MINUTE
    return f"rate({minutes} minute{'' if minutes == 1 else 's'})"
