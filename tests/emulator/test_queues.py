"""A function that takes messages off a queue gets them in batches, if its role may poll."""

import json
from typing import Any

import pytest

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
    ids = [record["body"][:9] for record in event["Records"]]
    boto3.client("s3").put_object(
        Bucket=os.environ["KEPT"], Key=context.aws_request_id, Body=json.dumps(ids))
    bad = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}
"""
POLL = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def path(name: str, *rights: object, window: int) -> dict[str, object]:
    """A queue and a function that empties it."""
    mapping = {
        "EventSourceArn": attribute(f"{name}Queue", "Arn"),
        "FunctionName": ref(f"{name}Keeper"),
        "BatchSize": 1000,
        "MaximumBatchingWindowInSeconds": window,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    keeper = function(
        f"{name}Role", KEEP, Environment={"Variables": {"KEPT": ref("Kept")}}, Timeout=30
    )
    return {
        f"{name}Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}},
        f"{name}Role": role("lambda.amazonaws.com", allow("s3:PutObject"), *rights),  # type: ignore[arg-type]
        f"{name}Keeper": keeper,
        f"{name}Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
    }


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    resources = {
        "Kept": {"Type": "AWS::S3::Bucket"},
        # The clock of these tests runs sixty times as fast.
        **path("Slow", allow(*POLL), window=120),
        **path("Barred", allow("sqs:ReceiveMessage"), window=0),
    }
    names = {"Kept": ref("Kept"), "Slow": ref("SlowQueue"), "Barred": ref("BarredQueue")}
    return cloud.deploy(resources, names)


def batches(cloud: Cloud, stack: Stack) -> list[list[str]]:
    s3 = cloud.client("s3")
    listed = s3.list_objects_v2(Bucket=stack["Kept"]).get("Contents", [])
    found: list[list[str]] = []
    for each in sorted(listed, key=lambda each: str(each["LastModified"])):
        body: Any = s3.get_object(Bucket=stack["Kept"], Key=each["Key"])["Body"].read()
        found.append(json.loads(body))
    return found


def test_messages_are_gathered_for_the_window_and_beyond_ten(cloud: Cloud, stack: Stack) -> None:
    sqs = cloud.client("sqs")
    sent = [f"gather-{number:02}" for number in range(25)]
    for text in sent:
        sqs.send_message(QueueUrl=stack["Slow"], MessageBody=text)

    def all_there() -> list[list[str]] | None:
        found = [batch for batch in batches(cloud, stack) if batch[0].startswith("gather-")]
        return found if sum(map(len, found)) >= 25 else None

    (batch,) = eventually(all_there)
    assert sorted(batch) == sent


def test_a_batch_is_no_larger_than_an_invocation_takes(cloud: Cloud, stack: Stack) -> None:
    sqs = cloud.client("sqs")
    for number in range(8):
        body = f"large--{number:02}" + "x" * 1_000_000
        sqs.send_message(QueueUrl=stack["Slow"], MessageBody=body)

    def all_there() -> list[list[str]] | None:
        found = [batch for batch in batches(cloud, stack) if batch[0].startswith("large-")]
        return found if sum(map(len, found)) >= 8 else None

    assert max(len(batch) for batch in eventually(all_there)) <= 5


def test_a_role_that_may_not_delete_gets_nothing(cloud: Cloud, stack: Stack) -> None:
    sqs = cloud.client("sqs")
    sqs.send_message(QueueUrl=stack["Barred"], MessageBody="barred-00")
    sqs.send_message(QueueUrl=stack["Slow"], MessageBody="passes-00")
    eventually(lambda: ["passes-00"] in batches(cloud, stack))
    assert ["barred-00"] not in batches(cloud, stack)
    waiting = sqs.receive_message(QueueUrl=stack["Barred"])
    assert waiting["Messages"][0]["Body"] == "barred-00"
