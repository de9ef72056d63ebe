"""The state machine of the training workflow."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks import nag
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.retention import retention
from stacks.constructs.training_job import TrainingJob
from stacks.settings import Settings
from stacks.shared import allow, workflows_of
from stacks.workflow.training import Timeouts, definition

# The rule by which Step Functions hears that a job it waits for has ended.
_RULE = "StepFunctionsGetEventsForBatchJobsRule"


class TrainingWorkflow(Construct):
    """The workflow, which may call its functions and run its job, and nothing else.

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
        functions: Mapping[str, PythonFunction],
        job: TrainingJob,
        timeouts: Timeouts,
    ) -> None:
        """A workflow.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            name: physical name, known beforehand to the functions that start executions.
            functions: the function each state calls.
            job: what `TrainModel` runs.
            timeouts: when steps are given up.
        """
        super().__init__(scope, id_)
        role = iam.Role(self, "Role", assumed_by=workflows_of(Stack.of(self)))
        allow(role, ["lambda:InvokeFunction"], [each.arn for each in functions.values()])
        self._allow_job(role, job)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            role=role,
            definition_body=sfn.DefinitionBody.from_string(definition(timeouts)),
            definition_substitutions={
                **{state: function.arn for state, function in functions.items()},
                "TrainModelQueue": job.queue.job_queue_arn,
                "TrainModelJob": job.definition.job_definition_arn,
            },
            logs=sfn.LogOptions(
                destination=self._log_group(settings),
                level=sfn.LogLevel.ERROR,
                include_execution_data=False,
            ),
            tracing_enabled=False,
        )
        self._accept_findings(role)

    def _log_group(self, settings: Settings) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            # Under this prefix the log service needs no growing resource policy.
            log_group_name=f"/aws/vendedlogs{settings.log_group_name('workflow')}",
            retention=retention(settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _allow_job(self, role: iam.Role, job: TrainingJob) -> None:
        stack = Stack.of(self)
        allow(
            role,
            ["batch:SubmitJob"],
            [job.definition.job_definition_arn, job.queue.job_queue_arn],
        )
        allow(role, ["batch:DescribeJobs", "batch:TerminateJob"], ["*"])
        allow(
            role,
            ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            [stack.format_arn(service="events", resource="rule", resource_name=_RULE)],
        )

    def _accept_findings(self, role: iam.Role) -> None:
        nag.accept(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            because="Batch gives a job its id when it is submitted, and DescribeJobs and the "
            "delivery of logs know no resource",
        )
        nag.accept(
            self.machine,
            "AwsSolutions-SF1",
            because="errors only: the history of an execution is kept by Step Functions, and "
            "each state's function logs for itself",
        )
        nag.accept(
            self.machine,
            "AwsSolutions-SF2",
            because="no tracing: the history of an execution shows each state with its times",
        )
