"""Workflows run Batch jobs: `submitJob` and `submitJob.sync`, in both query languages."""

import json
from typing import Any

import pytest

from tests.emulator import batch_stack
from tests.emulator.deploying import Cloud, Stack, allow, attribute, eventually, ref, role

SYNC = "arn:aws:states:::batch:submitJob.sync"


def machine(states: dict[str, Any], **fields: object) -> dict[str, object]:
    """A state machine that may run jobs."""
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": attribute("WorkflowRole", "Arn"),
            "DefinitionString": {
                "Fn::Sub": json.dumps({"StartAt": next(iter(states)), "States": states, **fields})
            },
        },
    }


def jsonata(command: str, **state: object) -> dict[str, object]:
    """A state that runs a job and waits for it."""
    return {
        "Type": "Task",
        "Resource": SYNC,
        "Arguments": {
            "JobName": "{% $states.input.name %}",
            "JobQueue": "${Queue}",
            "JobDefinition": "${Definition}",
            "ContainerOverrides": {
                "Command": command,
                "Environment": [{"Name": "RUN", "Value": "{% $states.input.name %}"}],
            },
            "Tags": {"run": "{% $states.input.name %}"},
        },
        "End": True,
        **state,
    }


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    resources = batch_stack.resources("/perennial/test-workflows")
    command = "{% $states.input.command %}"
    path = {
        "Type": "Task",
        "Resource": SYNC,
        "Parameters": {
            "JobName": "by-path",
            "JobQueue": "${Queue}",
            "JobDefinition": "${Definition}",
            "ContainerOverrides": {"Command.$": "$.command"},
        },
        "ResultPath": "$.job",
        "End": True,
    }
    caught = jsonata(
        command,
        Output="{% $states.result.Status %}",
        Catch=[
            {
                "ErrorEquals": ["States.TaskFailed"],
                "Output": "{% $parse($states.errorOutput.Cause) %}",
                "Next": "Record",
            }
        ],
    )
    record = {"Type": "Pass", "End": True}
    resources |= {
        "WorkflowRole": role(
            "states.amazonaws.com",
            allow("batch:SubmitJob", "batch:DescribeJobs", "batch:TerminateJob"),
        ),
        "ByPath": machine({"Run": path}),
        "Caught": machine({"Run": caught, "Record": record}, QueryLanguage="JSONata"),
        "Timed": machine(
            {"Run": jsonata(command, TimeoutSeconds="{% 2 - 1 %}")}, QueryLanguage="JSONata"
        ),
        "TimedMachine": machine(
            {"Run": jsonata(command)}, QueryLanguage="JSONata", TimeoutSeconds=1
        ),
        "NoWait": machine(
            {"Run": {**jsonata(command), "Resource": SYNC.removesuffix(".sync")}},
            QueryLanguage="JSONata",
        ),
    }
    names = ("ByPath", "Caught", "Timed", "TimedMachine", "NoWait")
    return cloud.deploy(resources, {**batch_stack.OUTPUTS, **{name: ref(name) for name in names}})


class Workflows:
    """Starts executions."""

    def __init__(self, cloud: Cloud, stack: Stack) -> None:
        self.states = cloud.client("stepfunctions")
        self.batch = cloud.client("batch")
        self.stack = stack

    def start(self, name: str, *command: str) -> str:
        given = json.dumps({"command": list(command), "name": "a-run"})
        started = self.states.start_execution(stateMachineArn=self.stack[name], input=given)
        return str(started["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        return eventually(look)

    def jobs(self, status: str) -> list[dict[str, Any]]:
        found = self.batch.list_jobs(jobQueue=self.stack["Queue"], jobStatus=status)
        summaries: list[dict[str, Any]] = found["jobSummaryList"]
        return summaries


@pytest.fixture
def workflows(cloud: Cloud, stack: Stack) -> Workflows:
    return Workflows(cloud, stack)


def test_state_waits_for_the_job_and_gets_its_description(workflows: Workflows) -> None:
    ended = workflows.ended(workflows.start("ByPath", "hello"))
    assert ended["status"] == "SUCCEEDED", ended
    job = json.loads(ended["output"])["job"]
    assert job["Status"] == "SUCCEEDED"
    assert job["Container"]["ExitCode"] == 0
    managed = {"Name": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
    assert managed in job["Container"]["Environment"]


def test_jsonata_arguments_reach_the_job(workflows: Workflows) -> None:
    ended = workflows.ended(workflows.start("Caught", "hello"))
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", "SUCCEEDED")


def test_failed_job_raises_task_failed_with_its_description_as_cause(workflows: Workflows) -> None:
    ended = workflows.ended(workflows.start("Caught", "exit", "4"))
    job = json.loads(ended["output"])
    assert job["Status"] == "FAILED"
    assert job["Attempts"][0]["Container"]["ExitCode"] == 4
    assert job["Tags"] == {"run": "a-run"}


def test_uncaught_failure_fails_the_execution(workflows: Workflows) -> None:
    ended = workflows.ended(workflows.start("ByPath", "exit", "4"))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(ended["cause"])["Status"] == "FAILED"


@pytest.mark.parametrize("name", ["Timed", "TimedMachine"])
def test_timeout_of_a_state_or_its_machine_terminates_the_job(
    workflows: Workflows, name: str
) -> None:
    ended = workflows.ended(workflows.start(name, "sleep", "60"))
    assert ended["error"] == "States.Timeout"
    assert ended["status"] == {"Timed": "FAILED", "TimedMachine": "TIMED_OUT"}[name]
    eventually(lambda: not workflows.jobs("RUNNING"))


def test_stopped_execution_terminates_the_job_and_stays_aborted(workflows: Workflows) -> None:
    execution = workflows.start("Caught", "sleep", "60")
    eventually(lambda: workflows.jobs("RUNNING"))
    workflows.states.stop_execution(executionArn=execution, error="Stopped", cause="by hand")
    eventually(lambda: not workflows.jobs("RUNNING"))
    assert workflows.ended(execution)["status"] == "ABORTED"


def test_submission_alone_does_not_wait(workflows: Workflows) -> None:
    ended = workflows.ended(workflows.start("NoWait", "sleep", "30"))
    job = json.loads(ended["output"])["JobId"]
    status = workflows.batch.describe_jobs(jobs=[job])["jobs"][0]["status"]
    assert status not in ("SUCCEEDED", "FAILED")
    workflows.batch.terminate_job(jobId=job, reason="end of the test")
