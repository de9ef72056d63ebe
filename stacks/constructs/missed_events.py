"""Where an event goes that could not be delivered or worked off."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_KEPT_DAYS = 14  # the longest SQS offers


class MissedEvents(Construct):
    """An encrypted dead-letter queue, reached by TLS only; an alarm watches that it is empty.

    Attributes:
        queue: the SQS queue.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        """Args: name: of the queue."""
        super().__init__(scope, id_)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(_KEPT_DAYS),
        )
