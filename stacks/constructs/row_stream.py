"""A Kinesis stream."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks import nag
from stacks.constructs.python_function import PythonFunction
from stacks.shared import SharedKey, allow

KEPT_HOURS = 24  # what costs nothing beyond the stream itself
_READ = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)


class RowStream(Construct):
    """An encrypted stream that grows with its load. It goes with its stack: it costs at rest.

    Attributes:
        stream: the Kinesis stream.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, key: SharedKey | None) -> None:
        """A stream.

        Args:
            scope: the stack.
            id_: the construct's id.
            name: of the stream.
            key: the account's own, where it keeps one; otherwise that of Kinesis.
        """
        super().__init__(scope, id_)
        self._key = key
        own = kms.Key.from_key_arn(self, "Key", key.arn.value) if key else None
        self.stream = kinesis.Stream(
            self,
            "Stream",
            stream_name=name,
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            retention_period=Duration.hours(KEPT_HOURS),
            encryption=kinesis.StreamEncryption.KMS if own else kinesis.StreamEncryption.MANAGED,
            encryption_key=own,
            removal_policy=RemovalPolicy.DESTROY,
        )
        if key:
            nag.accept(
                self.stream,
                "AwsSolutions-KDS3",
                because="the deployment asks for a key of this account, here as for its buckets",
            )

    def allow_read(self, function: PythonFunction) -> None:
        """Let Lambda read the stream for a function, which takes the function's role."""
        allow(function.role, _READ, [self.stream.stream_arn])
        if self._key:
            self._key.allow(function.role)

    def allow_write(self, function: PythonFunction) -> None:
        """Let a function write records."""
        allow(function.role, ["kinesis:PutRecords"], [self.stream.stream_arn])
        if self._key:
            self._key.allow(function.role, write=True)
