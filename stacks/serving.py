"""The stack that answers requests."""

from __future__ import annotations

from aws_cdk import App, CfnOutput
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks import watches
from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.alarm_topic import topic_of
from stacks.constructs.code_release import CodeRelease
from stacks.constructs.inference_api import InferenceApi
from stacks.constructs.model_alarms import ModelAlarms
from stacks.serving_functions import serving_functions
from stacks.settings import Settings
from stacks.shared import share
from stacks.storage import StorageStack


class ServingStack(PerennialStack):
    """API and the functions behind it.

    Attributes:
        functions: the functions of this stack, by folder.
        inference: the API.
        api_id: of the API.
        api_key_id: of its first key.
        alarms: what takes a release of code back, by name.
    """

    def __init__(self, app: App, *, blueprint: Blueprint, storage: StorageStack) -> None:
        """Args: blueprint: the deployment; storage: buckets and registry."""
        super().__init__(
            app, "Serving", blueprint=blueprint, description="Perennial: predictions over HTTPS"
        )
        self.add_stack_dependency(storage)
        settings = blueprint.settings
        self.functions = serving_functions(self, blueprint=blueprint, storage=storage)
        self.alarms = self._alarms(settings)
        release = CodeRelease(
            self,
            "Release",
            function=self.functions["predict"],
            release=settings.release,
            provisioned=settings.predict_provisioned,
            alarms=list(self.alarms.values()),
        )
        self.inference = InferenceApi(
            self,
            "Inference",
            settings=settings,
            functions={
                **{name: each.function for name, each in self.functions.items()},
                "predict": release.alias,
            },
        )
        self._outputs()

    def _alarms(self, settings: Settings) -> dict[str, cloudwatch.Alarm]:
        """Those that can take a release back; they tell the topic of the operations stack."""
        return ModelAlarms(
            self,
            "Watch",
            prefix=settings.prefix.lower(),
            topic=topic_of(self, "Alarms", name=settings.function_name("alarms")),
            watches=watches.of_serving(settings.prefix, settings.function_name("predict")),
        ).alarms

    def _outputs(self) -> None:
        inference = self.inference
        CfnOutput(self, "ApiUrl", value=inference.url)
        self.api_id = share(self, "ApiId", inference.api.rest_api_id)
        self.api_key_id = share(self, "ApiKeyId", next(iter(inference.keys.values())).key_id)
        if inference.target:
            CfnOutput(self, "ApiTarget", value=inference.target)
