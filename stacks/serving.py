"""The stack that answers requests."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import App, CfnOutput
from aws_cdk import aws_lambda as lambda_

from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.function_layers import FunctionLayers
from stacks.constructs.inference_api import InferenceApi
from stacks.constructs.python_function import PythonFunction
from stacks.storage import StorageStack

_PREDICT_SECONDS = 25  # API Gateway gives up after 29
_MANAGE_SECONDS = 15
_MANAGE_MEMORY = 512
_ARTIFACTS = "artifacts/"


class ServingStack(PerennialStack):
    """API and the functions behind it.

    Attributes:
        functions: the functions of this stack, by folder.
        inference: the API.
    """

    def __init__(self, app: App, *, blueprint: Blueprint, storage: StorageStack) -> None:
        """Args: blueprint: the deployment; storage: buckets and registry."""
        super().__init__(
            app, "Serving", blueprint=blueprint, description="Perennial: predictions over HTTPS"
        )
        self.add_stack_dependency(storage)
        self._blueprint, self._storage = blueprint, storage
        layers = FunctionLayers(self, "Layers", archives=blueprint.archives)
        predict = self._function(
            "predict",
            layers.of("perennial", "serving", "specs"),
            _PREDICT_SECONDS,
            blueprint.settings.predict_memory_mib,
        )
        manage = self._function(
            "manage",
            layers.of("perennial", "runtime", "specs"),
            _MANAGE_SECONDS,
            _MANAGE_MEMORY,
        )
        storage.table.allow_route(predict.role)
        storage.artifacts.allow_read(predict.role, _ARTIFACTS)
        storage.table.allow(manage.role, "GetItem", "Query")
        storage.table.allow_index(manage.role)
        storage.artifacts.allow_read(manage.role, _ARTIFACTS)
        self.functions = {"predict": predict, "manage": manage}
        self.inference = InferenceApi(
            self, "Inference", settings=blueprint.settings, predict=predict, manage=manage
        )
        self._outputs()

    def _function(
        self, name: str, layers: Sequence[lambda_.ILayerVersion], timeout: int, memory: int
    ) -> PythonFunction:
        return PythonFunction(
            self,
            name.capitalize(),
            settings=self._blueprint.settings,
            folder=self._blueprint.function_folder(name),
            layers=layers,
            environment={"PERENNIAL_TABLE": self._storage.table.name.value},
            timeout=timeout,
            memory=memory,
        )

    def _outputs(self) -> None:
        CfnOutput(self, "ApiUrl", value=self.inference.api.url)
        CfnOutput(self, "ApiId", value=self.inference.api.rest_api_id)
        CfnOutput(self, "ApiKeyId", value=self.inference.key.key_id)
