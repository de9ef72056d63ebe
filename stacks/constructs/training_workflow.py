"""The state machine of the training workflow."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks import nag
from stacks.constructs.training_job import TrainingJob
from stacks.constructs.workflow_machine import workflow_machine
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
        functions: Mapping[str, str],
        job: TrainingJob,
        timeouts: Timeouts,
    ) -> None:
        """A workflow.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            name: physical name, known beforehand to the functions that start executions.
            functions: the ARN of the function each state calls.
            job: what `TrainModel` and `RunTrials` run.
            timeouts: when steps are given up.
        """
        super().__init__(scope, id_)
        role = iam.Role(self, "Role", assumed_by=workflows_of(Stack.of(self)))
        allow(role, ["lambda:InvokeFunction"], sorted(functions.values()))
        self._allow_job(role, job)
        self.machine = workflow_machine(
            self,
            settings=settings,
            name=name,
            log="workflow",
            role=role,
            definition=definition(timeouts),
            substitutions={
                **functions,
                "RunTrialsQueue": job.queue.job_queue_arn,
                "RunTrialsJob": job.definition.job_definition_arn,
                "TrainModelQueue": job.queue.job_queue_arn,
                "TrainModelJob": job.definition.job_definition_arn,
            },
        )
        nag.accept(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            because="Batch gives a job its id when it is submitted, and DescribeJobs and the "
            "delivery of logs know no resource",
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
