"""The stack that forgets persons; deployed where a spec names any."""

from __future__ import annotations

from aws_cdk import App, CfnOutput
from perennial.registry.layout import (
    CAPTURES,
    INCOMING,
    OUTCOMES,
    RETRAINING,
    SCORE,
    SCORING,
    TRUTH,
)

from stacks import nag
from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.function_layers import FunctionLayers
from stacks.constructs.function_workflow import FunctionWorkflow
from stacks.constructs.python_function import PythonFunction
from stacks.shared import SharedBucket, allow
from stacks.storage import StorageStack
from stacks.workflow import forgetting

NAME = "forget"  # of the function's folder, and second part of the machine's name
_SECONDS = 900  # the longest a function may run
_MEMORY = 3008
_DISK = 10_240  # MiB, the most there is: a dataset and the same without some rows
_DATASETS, _RUNS = "datasets/", "runs/"
_DELETED = (INCOMING, OUTCOMES, SCORE, SCORING)  # objects that go as a whole
_WRITTEN = (TRUTH, RETRAINING, _DATASETS, _RUNS, CAPTURES)  # objects that are written anew


class ForgettingStack(PerennialStack):
    """A function that alone may delete versions of objects, and the workflow that calls it.

    Attributes:
        function: takes rows out.
        workflow: calls it until nothing is left.
    """

    def __init__(self, app: App, *, blueprint: Blueprint, storage: StorageStack) -> None:
        """Args: blueprint: the deployment; storage: buckets, registry and key."""
        super().__init__(
            app,
            "Forgetting",
            blueprint=blueprint,
            description="Perennial: takes a person's rows out of what is stored",
        )
        self.add_stack_dependency(storage)
        settings = blueprint.settings
        layers = FunctionLayers(self, "Layers", archives=blueprint.archives)
        self.function = PythonFunction(
            self,
            "Forget",
            settings=settings,
            folder=blueprint.function_folder(NAME),
            layers=layers.of("perennial", "runtime", "data", "specs"),
            environment=storage.names,
            timeout=_SECONDS,
            memory=_MEMORY,
            disk=_DISK,
        )
        self._grant(storage)
        self.workflow = FunctionWorkflow(
            self,
            "Workflow",
            settings=settings,
            name=NAME,
            definition=forgetting.definition(call=_SECONDS + 30),
            functions={"ForgetPerson": self.function.arn},
        )
        CfnOutput(self, "ForgetMachineArn", value=self.workflow.machine.state_machine_arn)

    def _grant(self, storage: StorageStack) -> None:
        """It reads every version of what holds rows, and deletes those that hold the person."""
        role, everywhere = self.function.role, (*_DELETED, *_WRITTEN)
        storage.table.allow(role, "GetItem", "Query", "PutItem", "UpdateItem")
        storage.table.allow_index(role)
        storage.data.allow_read(role, *everywhere)
        storage.data.allow_read_versions(role, *everywhere)
        storage.data.allow_list(role, *everywhere)
        storage.data.allow_write(role, *_WRITTEN)
        _allow_versions(storage.data, self.function, everywhere)
        if storage.privacy_key is not None:
            storage.privacy_key.give(self.function)


def _allow_versions(
    bucket: SharedBucket, function: PythonFunction, prefixes: tuple[str, ...]
) -> None:
    """Let a function list versions of objects, and delete them for good."""
    allow(function.role, ["s3:ListBucketVersions"], [bucket.arn.value])
    objects = [f"{bucket.arn.value}/{prefix}*" for prefix in prefixes]
    allow(function.role, ["s3:DeleteObjectVersion"], objects)
    for prefix in prefixes:
        nag.accept(
            function.role,
            f"AwsSolutions-IAM5[Resource::{bucket.arn.export}/{prefix}*]",
            because=f"objects below {prefix} are named by model, run and digest, which are not "
            "known when the stack is deployed",
        )
