"""The optional stack: nothing of it by default, and two encrypted streams where it is asked for."""

from __future__ import annotations

import json
import re

from tests.infrastructure.templates import ROOT, Synthesized, as_list

STACK = "Perennial-Streaming"


def test_without_the_setting_there_is_no_stream(cloud: Synthesized) -> None:
    assert STACK not in cloud.templates
    assert list(cloud.resources("AWS::Kinesis::Stream")) == []
    assert "stream" not in cloud.functions()


def test_the_other_stacks_do_not_know_of_it(strict: Synthesized) -> None:
    others = {name: each for name, each in strict.templates.items() if name != STACK}
    assert "Kinesis" not in json.dumps(others)


def test_both_streams_are_encrypted_and_grow_with_their_load(strict: Synthesized) -> None:
    streams = dict(strict.resources("AWS::Kinesis::Stream"))
    assert {each["Name"] for each in streams.values()} == {
        "perennial-rows",
        "perennial-predictions",
    }
    for each in streams.values():
        assert each["StreamEncryption"]["KeyId"] == {"Fn::ImportValue": "Perennial-Storage:KeyArn"}
        assert each["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}


def test_without_a_key_of_its_own_that_of_kinesis_is_used(other: Synthesized) -> None:
    streams = [each for _, each in other.resources("AWS::Kinesis::Stream")]
    assert len(streams) == 2
    for each in streams:
        assert each["StreamEncryption"]["KeyId"] == "alias/aws/kinesis"


def test_a_shard_is_read_in_order_and_never_for_ever(strict: Synthesized) -> None:
    (mapping,) = [
        each
        for _, each in strict.resources("AWS::Lambda::EventSourceMapping")
        if "RowsStream" in json.dumps(each["EventSourceArn"])
    ]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["ParallelizationFactor"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 120
    assert "MissedQueue" in json.dumps(mapping["DestinationConfig"]["OnFailure"])
    kept = next(iter(strict.resources("AWS::Kinesis::Stream")))[1]["RetentionPeriodHours"]
    # What is given up lies in the stream for as long again.
    assert mapping["MaximumRecordAgeInSeconds"] * 2 <= kept * 3600


def test_the_function_reads_one_stream_and_writes_the_other(strict: Synthesized) -> None:
    rights = {
        action: json.dumps(statement["Resource"])
        for statement in strict.statements_of(strict.role_of("stream"))
        for action in as_list(statement["Action"])
    }
    assert {name for name in rights if name.startswith("kinesis:")} == {
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:PutRecords",
    }
    assert "RowsStream" in rights["kinesis:GetRecords"]
    assert "PredictionsStream" in rights["kinesis:PutRecords"]
    assert {name for name in rights if name.startswith(("s3:", "dynamodb:"))} == {
        "s3:GetObject",
        "dynamodb:GetItem",
    }
    assert not [name for name, resource in rights.items() if resource == '"*"' or "*" in name]


def test_what_is_missed_wakes_somebody_who_can_read_what_to_do(strict: Synthesized) -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    alarms = {
        each["MetricName"]: each
        for name, each in strict.resources("AWS::CloudWatch::Alarm")
        if name.startswith(STACK)
    }
    assert set(alarms) == {"IteratorAge", "ApproximateNumberOfMessagesVisible"}
    for each in alarms.values():
        link = re.search(r"operations\.md#([\w-]+)$", each["AlarmDescription"])
        assert link
        assert f"### {link[1]}\n" in page
        assert len(each["AlarmActions"]) == 1
