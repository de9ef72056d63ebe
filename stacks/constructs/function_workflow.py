"""The state machine of a workflow that calls functions and does nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks import nag
from stacks.constructs.workflow_machine import workflow_machine
from stacks.settings import Settings
from stacks.shared import allow, workflows_of


class FunctionWorkflow(Construct):
    """A workflow that may call its functions, and nothing else.

    Attributes:
        machine: the state machine.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        name: str,
        definition: str,
        functions: Mapping[str, str],
    ) -> None:
        """A workflow.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            name: second word of the machine's name.
            definition: Amazon States Language with a placeholder for each function.
            functions: the ARN of the function each state calls.
        """
        super().__init__(scope, id_)
        role = iam.Role(self, "Role", assumed_by=workflows_of(Stack.of(self)))
        allow(role, ["lambda:InvokeFunction"], sorted(set(functions.values())))
        self.machine: sfn.StateMachine = workflow_machine(
            self,
            settings=settings,
            name=settings.function_name(name),
            log=name,
            role=role,
            definition=definition,
            substitutions=functions,
        )
        nag.accept(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            because="the delivery of logs knows no resource",
        )


def machine_arn(stack: Stack, settings: Settings, name: str) -> str:
    """The ARN of a workflow's machine, put together: for whoever must not refer to it."""
    return stack.format_arn(
        service="states",
        resource="stateMachine",
        resource_name=settings.function_name(name),
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def function_arn(stack: Stack, settings: Settings, name: str) -> str:
    """The ARN of a function, put together: for whoever must not refer to it."""
    return stack.format_arn(
        service="lambda",
        resource="function",
        resource_name=settings.function_name(name),
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
