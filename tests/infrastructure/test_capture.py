"""Captured predictions: who may send, who may read, and what becomes of what cannot be written."""

from __future__ import annotations

import json
from typing import Any

from tests.infrastructure.templates import Synthesized, as_list


def queues(cloud: Synthesized) -> dict[str, dict[str, Any]]:
    found = {each["QueueName"]: each for _, each in cloud.resources("AWS::SQS::Queue")}
    return {name: each for name, each in found.items() if "captures" in name}


def rights(cloud: Synthesized, function: str, service: str) -> dict[str, str]:
    """What a function may do with a service: by action, the resource as text."""
    return {
        action: json.dumps(statement["Resource"])
        for statement in cloud.statements_of(cloud.role_of(function))
        for action in as_list(statement["Action"])
        if action.startswith(f"{service}:")
    }


def test_predict_may_send_to_the_queue_and_read_nothing_from_it(cloud: Synthesized) -> None:
    allowed = rights(cloud, "predict", "sqs")
    assert set(allowed) == {"sqs:SendMessage"}
    assert "CaptureQueue" in allowed["sqs:SendMessage"]
    variables = cloud.functions()["predict"]["Environment"]["Variables"]
    assert "CaptureQueue" in json.dumps(variables["PERENNIAL_CAPTURE_QUEUE"])


def test_the_writer_puts_captures_and_reads_no_object(cloud: Synthesized) -> None:
    objects = rights(cloud, "capture", "s3")
    assert set(objects) == {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert all("/captures/*" in resource for resource in objects.values())
    assert set(rights(cloud, "capture", "sqs")) == {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }
    assert rights(cloud, "capture", "dynamodb") == {}


def test_a_batch_is_gathered_and_its_failures_are_told_apart(cloud: Synthesized) -> None:
    (mapping,) = [
        each
        for _, each in cloud.resources("AWS::Lambda::EventSourceMapping")
        if "CaptureQueue" in json.dumps(each["EventSourceArn"])
    ]
    assert mapping["MaximumBatchingWindowInSeconds"] == 60
    assert mapping["BatchSize"] == 10_000
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_message_stays_hidden_for_as_long_as_its_batch_may_take(cloud: Synthesized) -> None:
    """AWS advises six times the function's timeout, and the window on top."""
    waiting = queues(cloud)["perennial-captures"]
    timeout = cloud.functions()["capture"]["Timeout"]
    assert waiting["VisibilityTimeout"] >= 6 * timeout + 60
    assert waiting["RedrivePolicy"]["maxReceiveCount"] == 5
    assert "CaptureMissed" in json.dumps(waiting["RedrivePolicy"]["deadLetterTargetArn"])


def test_both_queues_refuse_what_comes_without_tls(cloud: Synthesized) -> None:
    policies = [each for _, each in cloud.resources("AWS::SQS::QueuePolicy")]
    refusals = [
        json.dumps(statement["Resource"])
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    for part in ("CaptureQueue", "CaptureMissed"):
        assert any(part in refusal for refusal in refusals), part


def test_captures_are_deleted_when_they_are_old(cloud: Synthesized) -> None:
    rules = [
        rule
        for _, bucket in cloud.resources("AWS::S3::Bucket")
        for rule in (bucket.get("LifecycleConfiguration") or {}).get("Rules", [])
        if rule.get("Prefix") == "captures/"
    ]
    assert [rule["ExpirationInDays"] for rule in rules] == [180]
    assert rules[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_what_cannot_be_captured_raises_an_alarm(cloud: Synthesized) -> None:
    alarms = [each for _, each in cloud.resources("AWS::CloudWatch::Alarm")]
    watched = {(each.get("MetricName"), json.dumps(each.get("Dimensions", []))) for each in alarms}
    assert ("CaptureFailures", "[]") in watched
    assert any("captures-missed" in dimensions for _, dimensions in watched)
