"""The function that answers for users' own scikit-learn pipelines, where a spec asks for one.

It has no path of its own: the predict function asks it for such models, evaluation for scores.
Without such a spec there is no function, no role, no layer and no right to call it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.python_function import PythonFunction
from stacks.settings import Settings
from stacks.shared import SharedBucket, SharedTable, allow

FOLDER = "predict_pipeline"
LAYER = "sklearn"
_ARTIFACTS, _RUNS = "artifacts/", "runs/"
_SECONDS = 22  # the predict function waits for it, and has 25
_MEMORY = 2048  # MiB; importing scikit-learn takes a whole vCPU more than three seconds


class PipelineFunction(Construct):
    """The function with its rights.

    Attributes:
        serving: the function.
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
        table: SharedTable,
        artifacts: SharedBucket,
        data: SharedBucket,
    ) -> None:
        """A function for pipelines.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            folder: of the function.
            layers: of the function, `LAYER` among them.
            environment: as the predict function's.
            table: where routes are.
            artifacts: where versions are.
            data: where the candidates of runs are.
        """
        super().__init__(scope, id_)
        self.serving = PythonFunction(
            self,
            "Serving",
            settings=settings,
            folder=folder,
            layers=layers,
            environment=environment,
            timeout=_SECONDS,
            memory=_MEMORY,
        )
        table.allow_route(self.serving.role)
        artifacts.allow_read(self.serving.role, _ARTIFACTS)
        data.allow_read(self.serving.role, _RUNS)


def let_ask(function: PythonFunction, settings: Settings) -> None:
    """Let a function of any stack ask the one for pipelines, which it knows by name alone."""
    name = settings.function_name(FOLDER)
    arn = Stack.of(function).format_arn(
        service="lambda",
        resource="function",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(function.role, ["lambda:InvokeFunction"], [arn])
    function.function.add_environment("PERENNIAL_PIPELINE_FUNCTION", name)
