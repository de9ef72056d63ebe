"""The way of outcomes: over a queue, or as uploaded files, into the data bucket as truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from perennial.registry.layout import OUTCOMES, TRUTH

from stacks.constructs.event_rule import UploadTrigger
from stacks.constructs.missed_events import MissedEvents
from stacks.constructs.python_function import PythonFunction
from stacks.settings import Settings
from stacks.shared import SharedBucket, SharedTable, allow
from stacks.storage import StorageStack

MISSED = "outcomes-missed"  # second part of the dead-letter queue's name
ARTIFACTS = "artifacts/"
_QUEUE = "outcomes"
_KEPT_DAYS = 14  # the longest SQS offers
_DOOR_SECONDS = 25  # API Gateway gives up after 29
_DOOR_MEMORY = 1024
_TIMEOUT = 300  # a file of ten million rows takes one minute
_MEMORY = 2048
_DISK = 4096  # MiB: a Parquet file is spilled there, and what becomes of it written
_MESSAGES = 1_000  # it is full at 6 MB too
_WINDOW = 60  # seconds: few large files instead of many small ones
_LOCAL_WINDOW = 1
_ATTEMPTS = 5
_AT_ONCE = 10  # functions beside each other


class OutcomePath(Construct):
    """The door, its queue, the function that writes, and a place for what it cannot write.

    Attributes:
        door: answers the API.
        queue: between the two.
        writer: empties the queue, and reads uploaded files.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        folders: tuple[Path, Path],
        layers: tuple[Sequence[lambda_.ILayerVersion], Sequence[lambda_.ILayerVersion]],
        environment: dict[str, str],
        storage: StorageStack,
    ) -> None:
        """A path.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            folders: of door and writer.
            layers: of door and writer.
            environment: of the door, beside its own.
            storage: buckets and registry.
        """
        super().__init__(scope, id_)
        self._settings = settings
        missed = MissedEvents(self, "Missed", name=settings.function_name(MISSED))
        self.queue = self._make_queue(missed.queue)
        self.door = PythonFunction(
            self,
            "Door",
            settings=settings,
            folder=folders[0],
            layers=layers[0],
            environment=environment | {"PERENNIAL_OUTCOMES_QUEUE": self.queue.queue_url},
            timeout=_DOOR_SECONDS,
            memory=_DOOR_MEMORY,
        )
        allow(self.door.role, ["sqs:SendMessage"], [self.queue.queue_arn])
        self.writer = self._make_writer(folders[1], layers[1], storage, missed.queue)
        for function in (self.door, self.writer):
            _let_know_labels(function, storage.table, storage.artifacts)
        self._batches()
        UploadTrigger(
            self,
            "Upload",
            bucket=storage.data,
            prefix=OUTCOMES,
            function=self.writer,
            missed=missed.queue,
            starts="the recording of outcomes",
        )

    def _make_queue(self, missed: sqs.Queue) -> sqs.Queue:
        return sqs.Queue(
            self,
            "Queue",
            queue_name=self._settings.function_name(_QUEUE),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(_KEPT_DAYS),
            # As AWS advises: six attempts of the function, and the time a batch is gathered in.
            visibility_timeout=Duration.seconds(6 * _TIMEOUT + _WINDOW),
            dead_letter_queue=sqs.DeadLetterQueue(queue=missed, max_receive_count=_ATTEMPTS),
        )

    def _make_writer(
        self,
        folder: Path,
        layers: Sequence[lambda_.ILayerVersion],
        storage: StorageStack,
        missed: sqs.Queue,
    ) -> PythonFunction:
        writer = PythonFunction(
            self,
            "Writer",
            settings=self._settings,
            folder=folder,
            layers=layers,
            environment=storage.names,
            timeout=_TIMEOUT,
            memory=_MEMORY,
            disk=_DISK,
            dead_letters=missed,
        )
        storage.data.allow_read(writer.role, OUTCOMES)
        storage.data.allow_read_versions(writer.role, OUTCOMES)
        storage.data.allow_list(writer.role, OUTCOMES)
        storage.data.allow_write(writer.role, OUTCOMES, TRUTH)
        consume = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        allow(writer.role, consume, [self.queue.queue_arn])
        return writer

    def _batches(self) -> None:
        mapping = lambda_.EventSourceMapping(
            self,
            "Batches",
            target=self.writer.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=_MESSAGES,
            max_batching_window=Duration.seconds(
                _LOCAL_WINDOW if self._settings.local else _WINDOW
            ),
            report_batch_item_failures=True,
            max_concurrency=_AT_ONCE,
        )
        mapping.node.add_dependency(self.writer.role)  # its rights are checked when it is made


def _let_know_labels(function: PythonFunction, table: SharedTable, artifacts: SharedBucket) -> None:
    """Let a function look up which labels the version in service knows."""
    table.allow_route(function.role)
    artifacts.allow_read(function.role, ARTIFACTS)
