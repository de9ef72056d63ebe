"""The function that asks shadows what the champion has answered, after the fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.python_function import PythonFunction
from stacks.settings import Settings
from stacks.shared import SharedBucket, allow

FOLDER = "shadow"
_ARTIFACTS = "artifacts/"
_SECONDS = 60  # a pipeline that starts takes half of them
# What a shadow said late or at a second try would tell nothing about how it answers.
_OLDEST = Duration.minutes(1)  # the least Lambda knows
_RETRIES = 0


class ShadowFunction(Construct):
    """The function with its rights: artifacts, and nothing of the registry.

    Attributes:
        shadow: the function.
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
        artifacts: SharedBucket,
    ) -> None:
        """A function for shadows.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            folder: of the function.
            layers: those of the predict function.
            environment: variables beside the ones every function has.
            artifacts: where versions are.
        """
        super().__init__(scope, id_)
        self.shadow = PythonFunction(
            self,
            "Shadow",
            settings=settings,
            folder=folder,
            layers=layers,
            environment=environment,
            timeout=_SECONDS,
            memory=settings.predict_memory_mib,  # so that its latency can be compared
        )
        artifacts.allow_read(self.shadow.role, _ARTIFACTS)
        self.shadow.function.configure_async_invoke(max_event_age=_OLDEST, retry_attempts=_RETRIES)

    def take_from(self, function: PythonFunction) -> None:
        """Let a function hand over what it has answered."""
        allow(function.role, ["lambda:InvokeFunction"], [self.shadow.arn])
        function.function.add_environment("PERENNIAL_SHADOW_FUNCTION", self.shadow.name)
