"""Events arrive with what a receiver needs to act once, and only once."""

import json
from typing import Any

import boto3
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


def test_a_notification_names_the_principal_as_api_gateway_would(cloud: Cloud) -> None:
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "*",
            }
        ]
    }
    told = {
        "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": attribute("Told", "Arn")}]
    }
    stack = cloud.deploy(
        {
            "Told": {"Type": "AWS::SQS::Queue"},
            "May": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [ref("Told")], "PolicyDocument": policy},
            },
            "In": {
                "Type": "AWS::S3::Bucket",
                "DependsOn": ["May"],
                "Properties": {"NotificationConfiguration": told},
            },
        },
        {"Queue": ref("Told"), "In": ref("In")},
    )
    iam = cloud.client("iam")
    user = iam.create_user(UserName="uploader")["User"]
    right = {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
    iam.put_user_policy(UserName="uploader", PolicyName="x", PolicyDocument=json.dumps(right))
    key = iam.create_access_key(UserName="uploader")["AccessKey"]
    s3 = boto3.client(
        "s3",
        endpoint_url=cloud.emulator.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    s3.put_object(Bucket=stack["In"], Key="a", Body=b"1")
    cloud.client("s3").put_object(Bucket=stack["In"], Key="b", Body=b"1")
    sqs = cloud.client("sqs")
    seen: dict[str, str] = {}

    def look() -> bool:
        for message in sqs.receive_message(QueueUrl=stack["Queue"]).get("Messages", []):
            for record in json.loads(message["Body"]).get("Records", []):
                who = record["userIdentity"]["principalId"]
                seen[record["s3"]["object"]["key"]] = who
        return len(seen) == 2

    eventually(look)
    assert seen == {"a": f"AWS:{user['UserId']}", "b": "AWS:000000000000"}


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
