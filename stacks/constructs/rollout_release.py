"""What takes the steps of rollouts: the function that looks and judges, and its workflow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from perennial.registry.layout import CAPTURES, TRUTH

from stacks import nag
from stacks.constructs.function_workflow import FunctionWorkflow, function_arn
from stacks.constructs.python_function import PythonFunction
from stacks.settings import Settings
from stacks.shared import allow
from stacks.storage import StorageStack
from stacks.workflow import rollout
from stacks.workflow.approval import WAITING

NAME = "rollout"  # of the function's folder, and second part of the machine's name
LAYERS = ("perennial", "runtime", "data", "specs")
_LOOK_SECONDS = 300
_WRITE_SECONDS = 75
_MEMORY = 2048
_DISK = 2048  # MiB: a join is divided into files


class RolloutRelease(Construct):
    """Looks at rollouts; may read captures, outcomes and metrics, and change routes.

    Attributes:
        function: takes one step.
        workflow: takes step after step.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        storage: StorageStack,
        folder: Path,
        layers: Sequence[lambda_.ILayerVersion],
        prove_arn: str,
    ) -> None:
        """Function and workflow.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            storage: buckets and registry.
            folder: of the function.
            layers: those of `LAYERS`.
            prove_arn: the function that proves what serves.
        """
        super().__init__(scope, id_)
        self.function = PythonFunction(
            self,
            "Step",
            settings=settings,
            folder=folder,
            layers=layers,
            environment=storage.names,
            timeout=_LOOK_SECONDS,
            memory=_MEMORY,
            disk=_DISK,
        )
        self._grant(storage)
        self.workflow = FunctionWorkflow(
            self,
            "Workflow",
            settings=settings,
            name=NAME,
            definition=rollout.definition(look=_LOOK_SECONDS + 30, write=_WRITE_SECONDS),
            functions={
                "StepRollout": self.function.arn,
                "ProveRoute": prove_arn,
                "TellPeople": function_arn(Stack.of(self), settings, "react"),
                **dict.fromkeys(WAITING, function_arn(Stack.of(self), settings, "approve")),
            },
        )

    def _grant(self, storage: StorageStack) -> None:
        """A transaction of the registry needs the rights of its parts."""
        role = self.function.role
        storage.table.allow(role, "GetItem", "PutItem", "UpdateItem")
        storage.data.allow_read(role, CAPTURES, TRUTH)
        storage.data.allow_list(role, CAPTURES, TRUTH)
        allow(role, ["cloudwatch:GetMetricData"], ["*"])
        nag.accept(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            because="reading metrics is a right on all of them: CloudWatch knows no resource",
        )
