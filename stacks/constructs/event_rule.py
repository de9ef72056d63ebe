"""Rules that hand events to a function, and keep the ones they cannot hand over."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.python_function import PythonFunction
from stacks.shared import SharedBucket

_ENDED_BADLY = ["FAILED", "TIMED_OUT", "ABORTED"]
_TRY_HOURS = 6


class UploadTrigger(Construct):
    """Calls a function for each new object below a prefix of a bucket."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        bucket: SharedBucket,
        prefix: str,
        function: PythonFunction,
        missed: sqs.IQueue,
        starts: str = "a training run",
    ) -> None:
        """Args: bucket, prefix: what to watch; function: the target; missed: for the rest."""
        super().__init__(scope, id_)
        events.Rule(
            self,
            "Rule",
            description=f"A new object below {prefix} starts {starts}",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.name.value]},
                    "object": {"key": [{"prefix": prefix}]},
                },
            ),
            targets=[_target(function, missed)],
        )


class BadEndTrigger(Construct):
    """Calls a function for each execution of a workflow that did not end by itself."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        machine_arn: str,
        function: PythonFunction,
        missed: sqs.IQueue,
    ) -> None:
        """Args: machine_arn: what to watch; function: the target; missed: for the rest."""
        super().__init__(scope, id_)
        events.Rule(
            self,
            "Rule",
            description="A workflow that failed, timed out or was stopped concludes its run",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [machine_arn], "status": _ENDED_BADLY},
            ),
            targets=[_target(function, missed)],
        )


def _target(function: PythonFunction, missed: sqs.IQueue) -> targets.LambdaFunction:
    return targets.LambdaFunction(
        function.function,
        dead_letter_queue=missed,
        max_event_age=Duration.hours(_TRY_HOURS),
    )
