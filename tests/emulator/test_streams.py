"""A function on a Kinesis stream gets its records as Lambda delivers them."""

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

# Notes each call; a record "fails…" is reported as not done, "breaks…" makes the call fail.
KEEP = """
import base64, boto3, json, os
def handler(event, context):
    texts = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    boto3.client("s3").put_object(
        Bucket=os.environ["KEPT"], Key=context.aws_request_id, Body=json.dumps(texts))
    if any(text.startswith("breaks") for text in texts):
        raise ValueError("broken")
    bad = [r["kinesis"]["sequenceNumber"] for r, text in zip(event["Records"], texts)
           if text.startswith("fails")]
    noted = [{"Id": str(n), "MessageBody": text} for n, text in enumerate(texts)]
    boto3.client("sqs").send_message_batch(QueueUrl=os.environ["NOTED"], Entries=noted)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}
"""
READ = (
    "kinesis:DescribeStream",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)


def path(name: str, *rights: object) -> dict[str, object]:
    """A stream of one shard and a function that reads it."""
    mapping = {
        "EventSourceArn": attribute(f"{name}Stream", "Arn"),
        "FunctionName": ref(f"{name}Keeper"),
        "BatchSize": 4,
        "StartingPosition": "TRIM_HORIZON",
        "MaximumRetryAttempts": 2,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": attribute("GivenUp", "Arn")}},
    }
    told = {"Variables": {"KEPT": ref("Kept"), "NOTED": ref("Noted")}}
    keeper = function(f"{name}Role", KEEP, Environment=told, Timeout=30)
    return {
        f"{name}Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        f"{name}Role": role(
            "lambda.amazonaws.com",
            allow("s3:PutObject"),
            allow("sqs:SendMessage"),
            *rights,  # type: ignore[arg-type]
        ),
        f"{name}Keeper": keeper,
        f"{name}Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
    }


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    resources = {
        "Kept": {"Type": "AWS::S3::Bucket"},
        "GivenUp": {"Type": "AWS::SQS::Queue"},
        "Noted": {"Type": "AWS::SQS::Queue"},
        **path("Open", allow(*READ)),
        **path("Barred", allow("kinesis:GetRecords")),
    }
    names = {name: ref(name) for name in ("Kept", "GivenUp", "Noted", "OpenKeeper")}
    streams = {"Open": ref("OpenStream"), "Barred": ref("BarredStream")}
    return cloud.deploy(resources, {**names, **streams})


def put(cloud: Cloud, stream: str, *texts: str) -> list[str]:
    """Put records; their sequence numbers."""
    kinesis = cloud.client("kinesis")
    records = [{"Data": text.encode(), "PartitionKey": "k"} for text in texts]
    answer = kinesis.put_records(StreamName=stream, Records=records)
    return [each["SequenceNumber"] for each in answer["Records"]]


def calls(cloud: Cloud, stack: Stack, run: str) -> list[list[str]]:
    """What the calls of one test got, in their order."""
    s3 = cloud.client("s3")
    listed = s3.list_objects_v2(Bucket=stack["Kept"]).get("Contents", [])
    found: list[list[str]] = []
    for each in sorted(listed, key=lambda each: str(each["LastModified"])):
        body: Any = s3.get_object(Bucket=stack["Kept"], Key=each["Key"])["Body"].read()
        texts = json.loads(body)
        if texts[0].endswith(run):
            found.append(texts)
    return found


def given_up(cloud: Cloud, stack: Stack) -> dict[str, Any] | None:
    queue = cloud.client("sqs").receive_message(QueueUrl=stack["GivenUp"])
    for message in queue.get("Messages", []):
        cloud.client("sqs").delete_message(
            QueueUrl=stack["GivenUp"], ReceiptHandle=message["ReceiptHandle"]
        )
        document: dict[str, Any] = json.loads(message["Body"])
        return document
    return None


def test_records_come_in_batches_and_in_order(cloud: Cloud, stack: Stack) -> None:
    put(cloud, stack["Open"], *[f"{number}-order" for number in range(10)])

    def all_there() -> list[list[str]] | None:
        found = calls(cloud, stack, "order")
        return found if sum(map(len, found)) >= 10 else None

    got = eventually(all_there)
    assert sorted(text for call in got for text in call) == [f"{n}-order" for n in range(10)]
    assert all(call == sorted(call) and len(call) <= 4 for call in got)


def test_the_shard_waits_at_what_is_reported_and_goes_on_when_it_is_given_up(
    cloud: Cloud, stack: Stack
) -> None:
    numbers = put(cloud, stack["Open"], "a-report", "fails-report", "b-report")
    told = eventually(lambda: given_up(cloud, stack))
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    info = told["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == (numbers[1], numbers[2])
    assert info["shardId"] == "shardId-000000000000"
    got = calls(cloud, stack, "report")
    first, *again = sorted(got, key=len, reverse=True)
    assert first == ["a-report", "fails-report", "b-report"]
    assert again == [["fails-report", "b-report"]] * len(again)
    assert len(again) == 2
    put(cloud, stack["Open"], "after-report")
    eventually(lambda: ["after-report"] in calls(cloud, stack, "report"))


def test_a_record_that_breaks_the_call_is_isolated(cloud: Cloud, stack: Stack) -> None:
    names = [f"{kind}-halves" for kind in ("a", "b", "breaks", "c")]
    numbers = put(cloud, stack["Open"], *names)
    told = eventually(lambda: given_up(cloud, stack))
    info = told["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["batchSize"]) == (numbers[2], 1)
    eventually(lambda: ["c-halves"] in calls(cloud, stack, "halves"))


def test_a_role_that_may_not_read_gets_nothing(cloud: Cloud, stack: Stack) -> None:
    put(cloud, stack["Barred"], "x-barred")
    put(cloud, stack["Open"], "y-passes")
    eventually(lambda: calls(cloud, stack, "passes"))
    assert calls(cloud, stack, "barred") == []


def test_how_far_a_reader_is_behind_is_measured(cloud: Cloud, stack: Stack) -> None:
    put(cloud, stack["Open"], "z-measured")
    eventually(lambda: calls(cloud, stack, "measured"))
    metrics = cloud.client("cloudwatch").list_metrics(
        Namespace="AWS/Lambda",
        MetricName="IteratorAge",
        Dimensions=[{"Name": "FunctionName", "Value": stack["OpenKeeper"]}],
    )["Metrics"]
    assert len(metrics) == 1


def test_the_right_to_send_is_the_right_to_send_a_batch(cloud: Cloud, stack: Stack) -> None:
    """As on AWS: without it, every call of the function above would fail."""
    put(cloud, stack["Open"], "noted")
    sqs = cloud.client("sqs")

    def there() -> bool:
        got = sqs.receive_message(QueueUrl=stack["Noted"], MaxNumberOfMessages=10)
        return "noted" in [each["Body"] for each in got.get("Messages", [])]

    assert eventually(there)
