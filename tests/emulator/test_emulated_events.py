"""Events arrive with what a receiver needs to act once, and only once."""

import json
from typing import Any

import pytest

from tests.emulator import batch_stack
from tests.emulator.deploying import (
    Cloud,
    Stack,
    allow,
    attribute,
    eventually,
    function,
    ref,
    role,
)

KEEP = """
import boto3, json, os
def handler(event, context):
    boto3.client("s3").put_object(
        Bucket=os.environ["KEPT"], Key=event["id"], Body=json.dumps(event))
"""


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    watched = {
        "VersioningConfiguration": {"Status": "Enabled"},
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
    }
    pattern = {"source": ["aws.s3", "aws.batch"]}
    resources = {
        **batch_stack.resources("/perennial/test-events"),
        "Watched": {"Type": "AWS::S3::Bucket", "Properties": watched},
        "Kept": {"Type": "AWS::S3::Bucket"},
        "Role": role("lambda.amazonaws.com", allow("s3:PutObject")),
        "Keeper": function(
            "Role", KEEP, Environment={"Variables": {"KEPT": ref("Kept")}}, Timeout=30
        ),
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": pattern,
                "Targets": [{"Id": "t", "Arn": attribute("Keeper", "Arn")}],
            },
        },
        "May": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": ref("Keeper"),
                "Principal": "events.amazonaws.com",
                "SourceArn": attribute("Rule", "Arn"),
            },
        },
    }
    names = {"Watched": ref("Watched"), "Kept": ref("Kept")}
    return cloud.deploy(resources, {**batch_stack.OUTPUTS, **names})


def arrived(cloud: Cloud, stack: Stack, about: str) -> list[dict[str, Any]]:
    s3 = cloud.client("s3")
    found = s3.list_objects_v2(Bucket=stack["Kept"]).get("Contents", [])
    bodies = [s3.get_object(Bucket=stack["Kept"], Key=e["Key"])["Body"].read() for e in found]
    return [json.loads(body) for body in bodies if about in body.decode()]


def test_event_of_an_object_names_its_version(cloud: Cloud, stack: Stack) -> None:
    put = cloud.client("s3").put_object(Bucket=stack["Watched"], Key="in/a b.csv", Body=b"1")
    (event,) = eventually(lambda: arrived(cloud, stack, put["VersionId"]))
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["object"]["key"] == "in/a b.csv"
    assert event["detail"]["object"]["version-id"] == put["VersionId"]


def test_each_change_of_a_jobs_state_is_an_event(cloud: Cloud, stack: Stack) -> None:
    job = cloud.client("batch").submit_job(
        jobName="eventful", jobQueue=stack["Queue"], jobDefinition=stack["Definition"]
    )["jobId"]
    wanted = {"PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"}

    def look() -> list[dict[str, Any]] | None:
        events = arrived(cloud, stack, job)
        return events if {event["detail"]["status"] for event in events} == wanted else None

    for event in eventually(look):
        assert event["detail-type"] == "Batch Job State Change"
        assert event["detail"]["jobName"] == "eventful"


def test_assets_bucket_of_cdk_bootstrap_is_made_at_once(cloud: Cloud) -> None:
    cloud.emulator.bootstrap()
    cloud.emulator.bootstrap()
    names = [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]
    assert "cdk-hnb659fds-assets-000000000000-us-east-1" in names
