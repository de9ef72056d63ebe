"""The queue in which S3 tells of uploads, and of who made them.

S3's own notifications name the principal; its events on EventBridge name the account alone.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.missed_events import MissedEvents
from stacks.constructs.python_function import PythonFunction
from stacks.settings import Settings
from stacks.shared import allow

NAME, MISSED = "uploads", "missed-uploads"  # second parts of the queues' names
_KEPT_DAYS = 14  # the longest SQS offers
_ATTEMPTS = 5
_FUNCTION_SECONDS = 60  # the timeout of the function that reads it
_AT_ONCE = 2  # the fewest functions beside each other that Lambda takes


class UploadQueue(Construct):
    """An encrypted queue that S3 of this account may write to, and a place for what is given up.

    Attributes:
        queue: the SQS queue.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings) -> None:
        """Args: settings: of the deployment."""
        super().__init__(scope, id_)
        missed = MissedEvents(self, "Missed", name=settings.function_name(MISSED))
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=settings.function_name(NAME),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(_KEPT_DAYS),
            # As AWS advises: six attempts of the function.
            visibility_timeout=Duration.seconds(6 * _FUNCTION_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=missed.queue, max_receive_count=_ATTEMPTS),
        )
        # By account and not by bucket: the bucket is made after this policy and names its queue.
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                resources=[self.queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

    def told_by(self, bucket: s3.Bucket, prefix: str) -> None:
        """Let a bucket tell of new objects below a prefix, beside whatever else it tells."""
        # CDK's own way to say this brings a function that sets it.
        made = bucket.node.default_child
        assert isinstance(made, s3.CfnBucket)  # noqa: S101 - for the type checker
        made.add_property_override(
            "NotificationConfiguration.QueueConfigurations",
            [
                {
                    "Event": "s3:ObjectCreated:*",
                    "Queue": self.queue.queue_arn,
                    "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}},
                }
            ],
        )
        policy = self.queue.node.try_find_child("Policy")
        if policy is not None:
            bucket.node.add_dependency(policy)


def read_uploads(function: PythonFunction, queue_arn: str) -> None:
    """Call a function with what the queue holds, one upload at a time.

    Args:
        function: gets the messages.
        queue_arn: of the queue, from the stack that has it.
    """
    consume = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    allow(function.role, consume, [queue_arn])
    mapping = lambda_.EventSourceMapping(
        function,
        "Uploads",
        target=function.function,
        event_source_arn=queue_arn,
        batch_size=1,  # so that one that fails keeps no other waiting
        max_concurrency=_AT_ONCE,
    )
    mapping.node.add_dependency(function.role)  # its rights are checked when it is made
