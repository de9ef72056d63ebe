"""Outcomes: who may send, who may read, and what becomes of what cannot be written."""

from __future__ import annotations

import json

from tests.infrastructure.templates import Synthesized
from tests.infrastructure.test_capture import rights


def test_the_door_may_send_and_look_labels_up_and_nothing_else(cloud: Synthesized) -> None:
    assert set(rights(cloud, "outcome", "sqs")) == {"sqs:SendMessage"}
    assert set(rights(cloud, "outcome", "dynamodb")) == {"dynamodb:GetItem"}
    objects = rights(cloud, "outcome", "s3")
    assert set(objects) == {"s3:GetObject"}
    assert "/artifacts/*" in objects["s3:GetObject"]


def test_the_writer_reads_uploads_and_cannot_read_the_truth_back(cloud: Synthesized) -> None:
    statements = cloud.statements_of(cloud.role_of("record"))
    readable = [
        json.dumps(one["Resource"]) for one in statements if "s3:GetObject" in one["Action"]
    ]
    assert any("/outcomes/*" in resource for resource in readable)
    assert not any("/truth/*" in resource for resource in readable)
    writable = [
        json.dumps(one["Resource"]) for one in statements if "s3:PutObject" in one["Action"]
    ]
    assert {"/truth/*" in one or "/outcomes/*" in one for one in writable} == {True}


def test_a_message_stays_hidden_for_as_long_as_its_batch_may_take(cloud: Synthesized) -> None:
    """AWS advises six times the function's timeout, and the window on top."""
    queues = {each["QueueName"]: each for _, each in cloud.resources("AWS::SQS::Queue")}
    waiting = queues["perennial-outcomes"]
    assert waiting["VisibilityTimeout"] >= 6 * cloud.functions()["record"]["Timeout"] + 60
    assert waiting["RedrivePolicy"]["maxReceiveCount"] == 5
    assert queues["perennial-outcomes-missed"]["MessageRetentionPeriod"] == 14 * 86_400


def test_an_upload_of_outcomes_is_an_event_of_the_writer(cloud: Synthesized) -> None:
    rules = [
        (name, rule)
        for name, rule in cloud.resources("AWS::Events::Rule")
        if '"outcomes/"' in json.dumps(rule.get("EventPattern", {}))
    ]
    assert len(rules) == 1
    assert "OutcomesWriter" in json.dumps(rules[0][1]["Targets"])


def test_truth_is_deleted_with_what_was_captured(cloud: Synthesized) -> None:
    days = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for _, bucket in cloud.resources("AWS::S3::Bucket")
        for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", [])
        if "ExpirationInDays" in rule and "Prefix" in rule
    }
    assert days["truth/"] == days["captures/"] == days["retraining/"]
    assert days["reports/"] == 400 > days["captures/"]
