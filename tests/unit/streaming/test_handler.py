"""The stream function, on Kinesis and SQS as moto has them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from perennial.adapters import aws
from perennial.adapters.kinesis import KinesisStream
from perennial.adapters.sqs import SqsQueue
from perennial.errors import Unavailable
from perennial.serving.answered import Answered
from perennial.serving.journal import Journal
from perennial.streaming.answering import Answerer

from tests.unit.predict.asking import Asked
from tests.unit.streaming.doubles import SHARD

NEVER_LOGGED = "424242.5"


class Context:
    aws_request_id = "call"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Deployed:
    """The function with its two services, and what reached them."""

    def __init__(self, handler: Any, asked: Asked, captured: list[Answered]) -> None:
        self.handler, self.asked, self.captured = handler, asked, captured

    def deliver(self, *records: object) -> list[str]:
        """Deliver records; the numbers of those that are to come again."""
        event = {"Records": [_event(number, data) for number, data in enumerate(records)]}
        response = self.handler.handler(event, Context())
        return [each["itemIdentifier"] for each in response["batchItemFailures"]]

    def predictions(self) -> list[dict[str, Any]]:
        kinesis = boto3.client("kinesis")
        iterator = kinesis.get_shard_iterator(
            StreamName="out", ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = kinesis.get_records(ShardIterator=iterator)["Records"]
        assert {each["PartitionKey"] for each in records} <= {"k"}
        return [json.loads(each["Data"]) for each in records]

    def set_aside(self) -> list[dict[str, Any]]:
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName="aside")["QueueUrl"]
        told: list[dict[str, Any]] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            told += [json.loads(each["Body"]) for each in messages]
        return told


@pytest.fixture
def deployed(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        aws.client.cache_clear()
        from functions.stream import handler

        boto3.client("kinesis").create_stream(StreamName="out", ShardCount=1)
        url = boto3.client("sqs").create_queue(QueueName="aside")["QueueUrl"]
        captured: list[Answered] = []
        parts = SimpleNamespace(
            journal=Journal(),
            answerer=Answerer(asked.models, Journal()),
            output=KinesisStream("out"),
            aside=SqsQueue(url),
            capture=lambda answered, milliseconds: captured.append(answered),
            captured=None,
        )
        monkeypatch.setattr(handler, "parts", lambda: parts)
        yield Deployed(handler, asked, captured)
        aws.client.cache_clear()


def _event(number: int, data: object) -> dict[str, object]:
    """A record as Lambda hands it over."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "k",
            "sequenceNumber": str(10**55 + number),
            "data": base64.b64encode(raw).decode(),
            "approximateArrivalTimestamp": 1_763_700_000.5,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{10**55 + number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda",
        "awsRegion": "eu-central-1",
        "eventSourceARN": "arn:aws:kinesis:eu-central-1:123456789012:stream/in",
    }


def bank(age: object) -> dict[str, object]:
    return {"model": "bank", "row": {"age": age}}


def test_a_delivery_is_answered_in_order(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployed.deliver(bank(20), bank(50), bank(30)) == []
    said = deployed.predictions()
    assert [each["prediction"] for each in said] == ["no", "yes", "no"]
    assert [int(each["sequence_number"]) - 10**55 for each in said] == [0, 1, 2]
    assert deployed.set_aside() == []
    counted = [line for line in capsys.readouterr().out.splitlines() if "StreamPred" in line]
    assert json.loads(counted[0])["StreamPredictions"] == [3.0]
    assert json.loads(counted[0])["model"] == "bank"


def test_poison_is_told_to_the_queue_and_no_value_of_it_anywhere(
    deployed: Deployed, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = f"not json {NEVER_LOGGED}".encode()
    assert deployed.deliver(bank(20), bad, bank(NEVER_LOGGED), bank(30)) == []
    assert [each["prediction"] for each in deployed.predictions()] == ["no", "no"]
    told = deployed.set_aside()
    assert sorted(each["reason"] for each in told) == ["invalid-rows", "malformed-body"]
    assert {each["stream"] for each in told} == {"in"}
    everything = [str(vars(record)) for record in caplog.records]
    everything += [capsys.readouterr().out, json.dumps(told)]
    assert any("record set aside" in line for line in everything)
    assert not [line for line in everything if NEVER_LOGGED in line]


def test_from_the_first_record_that_waits_all_come_again(deployed: Deployed) -> None:
    assert deployed.deliver(bank(20)) == []
    deployed.asked.world.routes.error = Unavailable("DynamoDB did not answer")
    deployed.asked.world.clock.now += 60  # a new route would be followed, the old one still serves
    assert deployed.deliver(bank(20), {"model": "fresh", "row": {}}, bank(30)) == [
        str(10**55 + 1),
        str(10**55 + 2),
    ]
    assert len(deployed.predictions()) == 2


def test_a_delivery_of_which_nothing_can_be_done_comes_again_whole(deployed: Deployed) -> None:
    deployed.asked.world.routes.error = Unavailable("DynamoDB did not answer")
    again = deployed.deliver(bank(20), bank(30))
    assert [int(number) - 10**55 for number in again] == [0, 1]


def test_what_is_written_is_captured_under_the_name_it_has(deployed: Deployed) -> None:
    deployed.deliver(bank(20), bank("old"))
    assert [each.ids for each in deployed.captured] == [
        [deployed.predictions()[0]["prediction_id"]]
    ]


def test_more_poison_than_a_request_holds_is_all_told(deployed: Deployed) -> None:
    assert deployed.deliver(*[b"poison"] * 23) == []
    assert len({each["sequence_number"] for each in deployed.set_aside()}) == 23


def test_a_queue_that_is_gone_is_no_silent_loss(deployed: Deployed) -> None:
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="aside")["QueueUrl"])
    with pytest.raises(Exception, match="NonExistentQueue"):
        deployed.deliver(b"poison")


def test_what_kinesis_refuses_of_a_request_is_told_apart(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {
        "FailedRecordCount": 1,
        "Records": [
            {"SequenceNumber": "1", "ShardId": SHARD},
            {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"},
        ],
    }
    kinesis = SimpleNamespace(put_records=lambda **_: answer)
    stream = KinesisStream("out", kinesis)
    record = SimpleNamespace(key="k", data=b"{}")
    assert stream.put([record, record]) == [True, False]
