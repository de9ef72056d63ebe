"""The optional stack that answers a stream: rows in, predictions out."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources

from stacks import nag, watches
from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.alarm_topic import topic_of
from stacks.constructs.capture import let_capture
from stacks.constructs.function_layers import FunctionLayers
from stacks.constructs.missed_events import MissedEvents
from stacks.constructs.model_alarms import ModelAlarms
from stacks.constructs.pipeline_function import let_ask
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.row_stream import RowStream
from stacks.storage import StorageStack

_FOLDER = "stream"
_SECONDS = 60
_RECORDS = 500  # of one call: some seconds, even where all have one key and so go one by one
# A record that ends the process is alone in its call after nine halvings and gone after this many
# calls; what a service's outage holds up waits for as long as the age says, at most.
_ATTEMPTS = 120
_OLDEST = Duration.hours(12)  # half of what the stream keeps: the rest is for whoever is alarmed
_ARTIFACTS = "artifacts/"


class StreamingStack(PerennialStack):
    """Two streams and the function between them.

    Attributes:
        function: answers.
        rows: the stream of rows.
        predictions: the stream of predictions.
        missed: told of what could not be answered.
    """

    def __init__(self, app: App, *, blueprint: Blueprint, storage: StorageStack) -> None:
        """Args: blueprint: the deployment; storage: buckets and registry."""
        super().__init__(
            app,
            "Streaming",
            blueprint=blueprint,
            description="Perennial: rows from a stream, predictions to another",
        )
        self.add_stack_dependency(storage)
        self._settings, self._storage = blueprint.settings, storage
        name, key = self._settings.function_name, storage.data.key
        self.rows = RowStream(self, "Rows", name=name("rows"), key=key)
        self.predictions = RowStream(self, "Predictions", name=name("predictions"), key=key)
        self.missed = MissedEvents(self, "Missed", name=name("missed-rows"))
        nag.accept(
            self.missed.queue,
            "AwsSolutions-SQS3",
            because="it is the dead-letter queue of a stream, which the rule does not look at",
        )
        self.function = self._answering(blueprint)
        self._grant()
        if blueprint.pipelines:
            let_ask(self.function, self._settings)
        self._deliver()
        ModelAlarms(
            self,
            "Watch",
            prefix=self._settings.prefix.lower(),
            topic=topic_of(self, "Alarms", name=name("alarms")),
            watches=watches.of_streaming(name(_FOLDER), self.missed.queue.queue_name),
        )
        CfnOutput(self, "RowsStreamName", value=self.rows.stream.stream_name)
        CfnOutput(self, "PredictionsStreamName", value=self.predictions.stream.stream_name)
        CfnOutput(self, "MissedRowsQueueUrl", value=self.missed.queue.queue_url)

    def _answering(self, blueprint: Blueprint) -> PythonFunction:
        layers = FunctionLayers(self, "Layers", archives=blueprint.archives)
        return PythonFunction(
            self,
            "Answer",
            settings=self._settings,
            folder=blueprint.function_folder(_FOLDER),
            layers=layers.of("perennial", "runtime", "serving", "specs"),
            environment={
                "PERENNIAL_TABLE": self._storage.table.name.value,
                "PERENNIAL_PREDICTIONS_STREAM": self.predictions.stream.stream_name,
                "PERENNIAL_SET_ASIDE_QUEUE": self.missed.queue.queue_url,
            },
            timeout=_SECONDS,
            memory=self._settings.predict_memory_mib,
        )

    def _grant(self) -> None:
        role = self.function.role
        self._storage.table.allow_route(role)
        self._storage.artifacts.allow_read(role, _ARTIFACTS)
        self.rows.allow_read(self.function)
        self.predictions.allow_write(self.function)
        let_capture(self.function, self._settings)
        if self._storage.privacy_key is not None:
            self._storage.privacy_key.give(self.function)

    def _deliver(self) -> None:
        mapping = lambda_.EventSourceMapping(
            self,
            "Deliveries",
            target=self.function.function,
            event_source_arn=self.rows.stream.stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=_RECORDS,
            parallelization_factor=1,  # one call of a shard at a time keeps its order
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            retry_attempts=_ATTEMPTS,
            max_record_age=_OLDEST,
            on_failure=sources.SqsDlq(self.missed.queue),  # lets the function send to it, too
        )
        mapping.node.add_dependency(self.function.role)  # its rights are checked when it is made
