"""The state machine of the scoring workflow."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, Stack, Token
from aws_cdk import aws_iam as iam
from constructs import Construct
from perennial.registry.layout import SCORING

from stacks import nag
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.workflow_machine import workflow_machine
from stacks.settings import Settings
from stacks.shared import SharedBucket, allow, workflows_of
from stacks.workflow.scoring import CHUNKS, definition


class ScoringWorkflow(Construct):
    """The workflow, which may call its functions and run children of its own, and nothing else.

    Attributes:
        machine: the state machine.
        arn: of the machine, put together and not referred to.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        functions: Mapping[str, PythonFunction],
        bucket: SharedBucket,
        timeout: int,
    ) -> None:
        """A workflow.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            functions: the function each state calls.
            bucket: where the lists of chunks lie.
            timeout: seconds until a call is given up.
        """
        super().__init__(scope, id_)
        self.name = settings.function_name("scoring")
        role = iam.Role(self, "Role", assumed_by=workflows_of(Stack.of(self)))
        allow(role, ["lambda:InvokeFunction"], [each.arn for each in functions.values()])
        bucket.allow_read(role, SCORING)
        self._allow_children(role)
        self.machine = workflow_machine(
            self,
            settings=settings,
            name=self.name,
            log="scoring",
            role=role,
            definition=definition(timeout, settings.score_concurrency),
            substitutions={state: each.arn for state, each in functions.items()},
        )
        nag.accept(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            because="the delivery of logs knows no resource",
        )

    @property
    def arn(self) -> str:
        """For policies of roles that the machine itself refers to."""
        return self._arn("stateMachine", self.name)

    def allow_look(self, role: iam.Role) -> None:
        """Let a role see executions, map runs and what their chunks said."""
        own, children, runs = self._own, self._children, ("mapRun", f"{self._of_chunks}:*")
        self._allow(role, own, "states:ListMapRuns", "states:DescribeExecution")
        self._allow(role, children, "states:DescribeExecution")
        self._allow(role, runs, "states:DescribeMapRun", "states:ListExecutions")

    def _allow_children(self, role: iam.Role) -> None:
        """What a distributed Map and its redrive need.

        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        """
        allow(role, ["states:StartExecution"], [self.arn])
        # The page names the machine's own executions, and those of the label for a redrive only.
        self._allow(role, self._own, "states:DescribeExecution", "states:StopExecution")
        self._allow(
            role,
            self._children,
            "states:DescribeExecution",
            "states:StopExecution",
            "states:RedriveExecution",
        )

    @property
    def _of_chunks(self) -> str:
        return f"{self.name}/{CHUNKS}"

    @property
    def _own(self) -> tuple[str, str]:
        return "execution", f"{self.name}:*"

    @property
    def _children(self) -> tuple[str, str]:
        return "execution", f"{self._of_chunks}:*"

    def _allow(self, role: iam.Role, what: tuple[str, str], *actions: str) -> None:
        allow(role, actions, [self._arn(*what)])
        stack = Stack.of(self)
        partition = _named(stack.partition, "Partition")
        region, account = _named(stack.region, "Region"), _named(stack.account, "AccountId")
        resource = f"arn:{partition}:states:{region}:{account}:{':'.join(what)}"
        nag.accept(
            role,
            f"AwsSolutions-IAM5[Resource::{resource}]",
            because="executions are named after an object version, and those of chunks and map "
            "runs by Step Functions itself",
        )

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="states",
            resource=resource,
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )


def _named(value: str, parameter: str) -> str:
    """A value as a finding names it: as it is, or as the parameter it will come from."""
    return f"<AWS::{parameter}>" if Token.is_unresolved(value) else value
