"""The way of captured predictions: from the predict function over a queue into the data bucket."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from perennial.registry.layout import CAPTURES

from stacks.constructs.missed_events import MissedEvents
from stacks.constructs.python_function import PythonFunction
from stacks.settings import Settings
from stacks.shared import SharedBucket, allow

MISSED = "captures-missed"  # second part of the dead-letter queue's name
_QUEUE = "captures"
_KEPT_DAYS = 14  # the longest SQS offers
_TIMEOUT = 60
_MEMORY = 1024
_MESSAGES = 10_000  # the most Lambda takes in one batch; it is full at 6 MB too
_WINDOW = 60  # seconds: few large files instead of many small ones
_LOCAL_WINDOW = 1
_ATTEMPTS = 5
_AT_ONCE = 10  # functions beside each other


class CapturePath(Construct):
    """A queue, the function that empties it into files, and a place for what it cannot write.

    Attributes:
        queue: takes messages of the predict function.
        writer: the function.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        folder: Path,
        layers: Sequence[lambda_.ILayerVersion],
        bucket: SharedBucket,
    ) -> None:
        """A path.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            folder: of the function.
            layers: of the function.
            bucket: gets the files.
        """
        super().__init__(scope, id_)
        window = _LOCAL_WINDOW if settings.local else _WINDOW
        missed = MissedEvents(self, "Missed", name=settings.function_name(MISSED))
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=settings.function_name(_QUEUE),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(_KEPT_DAYS),
            # As AWS advises: six attempts of the function, and the time a batch is gathered in.
            visibility_timeout=Duration.seconds(6 * _TIMEOUT + _WINDOW),
            dead_letter_queue=sqs.DeadLetterQueue(queue=missed.queue, max_receive_count=_ATTEMPTS),
        )
        self.writer = PythonFunction(
            self,
            "Writer",
            settings=settings,
            folder=folder,
            layers=layers,
            environment={"PERENNIAL_DATA_BUCKET": bucket.name.value},
            timeout=_TIMEOUT,
            memory=_MEMORY,
        )
        bucket.allow_write(self.writer.role, CAPTURES)
        consume = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        allow(self.writer.role, consume, [self.queue.queue_arn])
        mapping = lambda_.EventSourceMapping(
            self,
            "Batches",
            target=self.writer.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=_MESSAGES,
            max_batching_window=Duration.seconds(window),
            report_batch_item_failures=True,
            max_concurrency=_AT_ONCE,
        )
        mapping.node.add_dependency(self.writer.role)  # its rights are checked when it is made

    def take_from(self, function: PythonFunction) -> None:
        """Let a function send what it has answered."""
        _let_send(function, self.queue)


def let_capture(function: PythonFunction, settings: Settings) -> None:
    """Let a function of another stack send what it has answered; it knows the queue by name."""
    arn = Stack.of(function).format_arn(service="sqs", resource=settings.function_name(_QUEUE))
    _let_send(function, sqs.Queue.from_queue_arn(function, "Captures", arn))


def _let_send(function: PythonFunction, queue: sqs.IQueue) -> None:
    allow(function.role, ["sqs:SendMessage"], [queue.queue_arn])
    function.function.add_environment("PERENNIAL_CAPTURE_QUEUE", queue.queue_url)
