"""Schedules start what they name, as often as their rate says on the emulator's clock."""

import json
import uuid
from typing import Any

import pytest

from tests.emulator.deploying import Cloud, Stack, allow, attribute, eventually, function, ref, role

KEEP = """
import boto3, json, os
def handler(event, context):
    boto3.client("s3").put_object(
        Bucket=os.environ["BUCKET"], Key=context.aws_request_id, Body=json.dumps(event))
"""


def schedule(target: object, role_id: str, given: object) -> dict[str, object]:
    properties = {
        "ScheduleExpression": "rate(1 minute)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": target,
            "RoleArn": attribute(role_id, "Arn"),
            "Input": json.dumps(given),
        },
    }
    return {"Type": "AWS::Scheduler::Schedule", "Properties": properties}


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Look",
        "States": {"Look": {"Type": "Succeed"}},
    }
    machine = {
        "DefinitionString": json.dumps(definition),
        "RoleArn": attribute("MachineRole", "Arn"),
    }
    starts = allow("states:StartExecution", on=ref("Machine"))
    calls = allow("lambda:InvokeFunction", on=attribute("Keeper", "Arn"))
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Role": role("lambda.amazonaws.com", allow("s3:PutObject")),
        "Keeper": function("Role", KEEP, Environment={"Variables": {"BUCKET": ref("Bucket")}}),
        "MachineRole": role("states.amazonaws.com"),
        "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
        "Forbidden": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
        "MayStart": role("scheduler.amazonaws.com", starts),
        "MayCall": role("scheduler.amazonaws.com", calls),
        "EachMinute": schedule(ref("Machine"), "MayStart", {"model": "wine"}),
        "Refused": schedule(ref("Forbidden"), "MayStart", {"model": "wine"}),
        "Calling": schedule(attribute("Keeper", "Arn"), "MayCall", {"model": uuid.uuid4().hex}),
    }
    return cloud.deploy(
        resources,
        {"Machine": ref("Machine"), "Forbidden": ref("Forbidden"), "Bucket": ref("Bucket")},
    )


def executions(cloud: Cloud, machine: str) -> list[dict[str, Any]]:
    found = cloud.client("stepfunctions").list_executions(stateMachineArn=machine)
    return list(found["executions"])


def test_schedule_starts_a_state_machine_again_and_again(cloud: Cloud, stack: Stack) -> None:
    def thrice() -> list[dict[str, Any]] | None:
        seen = executions(cloud, stack["Machine"])
        return seen if len(seen) >= 3 else None

    one = eventually(thrice)[0]
    told = cloud.client("stepfunctions").describe_execution(executionArn=one["executionArn"])
    assert json.loads(told["input"]) == {"model": "wine"}


def test_schedule_whose_role_may_not_start_it_starts_nothing(cloud: Cloud, stack: Stack) -> None:
    eventually(lambda: executions(cloud, stack["Machine"]))
    assert executions(cloud, stack["Forbidden"]) == []


def test_schedule_calls_a_function_with_its_input(cloud: Cloud, stack: Stack) -> None:
    s3, bucket = cloud.client("s3"), stack["Bucket"]
    kept = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
    told = json.load(s3.get_object(Bucket=bucket, Key=kept[0]["Key"])["Body"])
    assert list(told) == ["model"]
