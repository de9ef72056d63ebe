"""Calls nobody waits for: attempts, and where they go when all have failed."""

import json
import uuid
from typing import Any

import pytest

from tests.emulator.deploying import Cloud, Stack, allow, attribute, eventually, function, ref, role

FAIL = """
import boto3, json, os
def handler(event, context):
    boto3.client("s3").put_object(
        Bucket=os.environ["BUCKET"], Key=f"{event['detail']['id']}/{context.aws_request_id}")
    raise RuntimeError("as told")
"""


def settings(qualifier: object, **told: object) -> dict[str, object]:
    properties = {"FunctionName": ref("Failing"), "Qualifier": qualifier, **told}
    return {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": properties}


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    to_queue = {"OnFailure": {"Destination": attribute("Missed", "Arn")}}
    pattern = {"source": ["test.calls"]}
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Missed": {"Type": "AWS::SQS::Queue"},
        "Role": role(
            "lambda.amazonaws.com",
            allow("s3:PutObject"),
            allow("sqs:SendMessage", on=attribute("Missed", "Arn")),
        ),
        "NoQueue": role("lambda.amazonaws.com", allow("s3:PutObject")),
        "Failing": function("Role", FAIL, Environment={"Variables": {"BUCKET": ref("Bucket")}}),
        "Mute": function(
            "NoQueue",
            FAIL,
            Environment={"Variables": {"BUCKET": ref("Bucket")}},
            DeadLetterConfig={"TargetArn": attribute("Missed", "Arn")},
        ),
        "Version": {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": ref("Failing")},
        },
        "Live": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": ref("Failing"),
                "FunctionVersion": attribute("Version", "Version"),
                "Name": "live",
            },
        },
        "OfAlias": {
            **settings("live", MaximumRetryAttempts=0, DestinationConfig=to_queue),
            "DependsOn": "Live",
        },
        "OfFunction": settings("$LATEST", MaximumRetryAttempts=1),
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": pattern,
                "Targets": [{"Id": "live", "Arn": ref("Live")}],
            },
        },
        "May": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": ref("Live"),
                "Principal": "events.amazonaws.com",
                "SourceArn": attribute("Rule", "Arn"),
            },
        },
    }
    names = {key: ref(key) for key in ("Bucket", "Missed", "Failing", "Mute")}
    return cloud.deploy(resources, names)


class Calls:
    """Calls of one test, told apart by an id."""

    def __init__(self, cloud: Cloud, stack: Stack) -> None:
        self.cloud, self.stack, self.id = cloud, stack, uuid.uuid4().hex

    def send(self, name: str, **qualified: str) -> None:
        self.cloud.client("lambda").invoke(
            FunctionName=self.stack[name],
            InvocationType="Event",
            Payload=json.dumps({"detail": {"id": self.id}}),
            **qualified,
        )

    def attempts(self) -> int:
        s3 = self.cloud.client("s3")
        found = s3.list_objects_v2(Bucket=self.stack["Bucket"], Prefix=self.id)
        return int(found["KeyCount"])

    def missed(self) -> list[dict[str, Any]]:
        found = self.cloud.client("sqs").receive_message(
            QueueUrl=self.stack["Missed"], MaxNumberOfMessages=10
        )
        return [json.loads(one["Body"]) for one in found.get("Messages", []) if self.id in str(one)]


@pytest.fixture
def calls(cloud: Cloud, stack: Stack) -> Calls:
    return Calls(cloud, stack)


def test_alias_without_attempts_fails_once_into_its_queue(calls: Calls) -> None:
    calls.send("Failing", Qualifier="live")
    (missed,) = eventually(calls.missed)
    assert missed["requestPayload"]["detail"]["id"] == calls.id
    assert missed["responsePayload"]["errorMessage"] == "as told"
    assert calls.attempts() == 1


def test_function_has_settings_of_its_own(calls: Calls) -> None:
    calls.send("Failing")
    eventually(lambda: calls.attempts() == 2)
    assert not calls.missed()


def test_event_of_a_rule_that_fails_lands_in_the_queue(calls: Calls) -> None:
    entry = {
        "Source": "test.calls",
        "DetailType": "Call",
        "Detail": json.dumps({"id": calls.id}),
    }
    calls.cloud.client("events").put_events(Entries=[entry])
    (missed,) = eventually(calls.missed)
    assert missed["requestPayload"]["source"] == "test.calls"


def test_role_without_the_right_sends_nothing_to_the_queue(calls: Calls) -> None:
    calls.send("Mute")
    eventually(lambda: calls.attempts() == 3)
    other = Calls(calls.cloud, calls.stack)
    other.send("Failing", Qualifier="live")
    eventually(other.missed)
    assert not calls.missed()
