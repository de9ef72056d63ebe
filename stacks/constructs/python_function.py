"""A Lambda function with a role and a log group of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks import nag
from stacks.constructs.retention import retention
from stacks.settings import Settings

# Where layers put what is no module; said here, because the emulator has them elsewhere.
_IN_LAYERS = {
    "PERENNIAL_SPECS": "/opt/perennial_specs",
    "PERENNIAL_LIBXGBOOST": "/opt/lib/perennial/libxgboost.so",
}
_NOT_SHIPPED = ["__pycache__", "*.pyc", "*.md"]


class PythonFunction(Construct):
    """One folder of `functions/`. Its role may write its own log and nothing else, until granted.

    Attributes:
        function: the Lambda function.
        role: what permissions are given to.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        folder: Path,
        layers: Sequence[lambda_.ILayerVersion],
        environment: Mapping[str, str],
        timeout: int,
        memory: int,
        disk: int | None = None,
        dead_letters: sqs.IQueue | None = None,
        snap_start: bool = False,
    ) -> None:
        """A function named after its folder.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            folder: holds `handler.py` with `handler(event, context)`.
            layers: in the order in which they are unpacked.
            environment: variables beside the ones every function has.
            timeout: seconds.
            memory: MiB; CPU grows with it.
            disk: MiB below /tmp; None means the 512 that cost nothing.
            dead_letters: where an event goes that failed asynchronously, after its retries.
            snap_start: whether published versions start from a snapshot.
        """
        super().__init__(scope, id_)
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=settings.log_group_name(folder.name),
            retention=retention(settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=settings.function_name(folder.name),
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(folder), exclude=_NOT_SHIPPED),
            role=self.role,
            log_group=log_group,
            layers=list(layers),
            environment={"LOG_LEVEL": "INFO", **_IN_LAYERS, **environment},
            timeout=Duration.seconds(timeout),
            memory_size=memory,
            ephemeral_storage_size=None if disk is None else Size.mebibytes(disk),
            dead_letter_queue=dead_letters,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
        )
        nag.accept(
            self.function,
            "AwsSolutions-L1",
            because="Python 3.13, which the layers are built for; newer ones are taken up when "
            "all of them have wheels",
        )

    @property
    def name(self) -> str:
        """The function's name, as metrics know it."""
        return self.function.function_name

    @property
    def arn(self) -> str:
        """The function's ARN."""
        return self.function.function_arn
