"""The stack that brings versions into service in steps, takes them back, and proves what serves."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import App, ArnFormat, CfnOutput

from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.code_release import ALIAS
from stacks.constructs.function_layers import FunctionLayers
from stacks.constructs.function_workflow import FunctionWorkflow
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.rollout_release import LAYERS, NAME, RolloutRelease
from stacks.shared import allow
from stacks.storage import StorageStack
from stacks.workflow import rollback

_SECONDS = 60
_MEMORY = 512
_ARTIFACTS = "artifacts/"


class ReleaseStack(PerennialStack):
    """Rollback and proof.

    Attributes:
        functions: the functions of this stack, by folder.
        rollback: the workflow that takes a version back.
        rollout: what brings a version into service in steps.
    """

    def __init__(self, app: App, *, blueprint: Blueprint, storage: StorageStack) -> None:
        """Args: blueprint: the deployment; storage: buckets and registry."""
        super().__init__(
            app,
            "Release",
            blueprint=blueprint,
            description="Perennial: brings versions into service in steps, and takes them back",
        )
        self.add_stack_dependency(storage)
        self._blueprint, self._settings, self._storage = blueprint, blueprint.settings, storage
        self._layers = FunctionLayers(self, "Layers", archives=blueprint.archives)
        self.functions = {
            "rollback": self._function("rollback", {}),
            "prove": self._function(
                "prove",
                {
                    "PERENNIAL_PREDICT_FUNCTION": self._settings.function_name("predict"),
                    "PERENNIAL_PREDICT_ALIAS": ALIAS,
                },
            ),
        }
        self._grant()
        self.rollback = FunctionWorkflow(
            self,
            "RollbackWorkflow",
            settings=self._settings,
            name="rollback",
            definition=rollback.definition(write=_SECONDS + 15, prove=_SECONDS + 15),
            functions={
                "RollBack": self.functions["rollback"].arn,
                "ProveRoute": self.functions["prove"].arn,
            },
        )
        self.rollout = RolloutRelease(
            self,
            "Rollout",
            settings=self._settings,
            storage=storage,
            folder=blueprint.function_folder(NAME),
            layers=self._layers.of(*LAYERS),
            prove_arn=self.functions["prove"].arn,
        )
        CfnOutput(self, "RollbackMachineArn", value=self.rollback.machine.state_machine_arn)
        CfnOutput(self, "RolloutMachineArn", value=self.rollout.workflow.machine.state_machine_arn)

    def _function(self, name: str, environment: Mapping[str, str]) -> PythonFunction:
        return PythonFunction(
            self,
            name.capitalize(),
            settings=self._settings,
            folder=self._blueprint.function_folder(name),
            layers=self._layers.of("perennial", "runtime"),
            environment={"PERENNIAL_TABLE": self._storage.table.name.value, **environment},
            timeout=_SECONDS,
            memory=_MEMORY,
        )

    def _grant(self) -> None:
        """A transaction of the registry needs the rights of its parts."""
        table = self._storage.table
        prove = self.functions["prove"].role
        for each in self.functions.values():
            table.allow(each.role, "GetItem", "PutItem", "UpdateItem")
        self._storage.artifacts.allow_read(prove, _ARTIFACTS)
        self._storage.artifacts.allow_list(prove, _ARTIFACTS)
        allow(prove, ["lambda:InvokeFunction"], [self._live_predict])

    @property
    def _live_predict(self) -> str:
        """Put together, not referred to: the serving stack starts this one's workflow."""
        return self.format_arn(
            service="lambda",
            resource="function",
            resource_name=f"{self._settings.function_name('predict')}:{ALIAS}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
