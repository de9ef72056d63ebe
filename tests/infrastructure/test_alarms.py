"""Alarms wake a person and tell them what to do."""

from __future__ import annotations

import json
import re

from tests.infrastructure.templates import ROOT, Synthesized


def anchors(page: str) -> set[str]:
    """The anchors of a Markdown page's headings."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def test_every_alarm_leads_to_its_section_of_the_runbook(cloud: Synthesized) -> None:
    sections = anchors((ROOT / "docs" / "operations.md").read_text("utf-8"))
    for name, alarm in cloud.resources("AWS::CloudWatch::Alarm"):
        link = re.search(r"docs/operations\.md#([\w-]+)$", alarm["AlarmDescription"])
        assert link, name
        assert link[1] in sections, name


def test_every_alarm_tells_the_topic(cloud: Synthesized) -> None:
    for name, alarm in cloud.resources("AWS::CloudWatch::Alarm"):
        assert len(alarm["AlarmActions"]) == 1, name


def test_no_traffic_is_no_trouble(cloud: Synthesized) -> None:
    states = {a["TreatMissingData"] for _, a in cloud.resources("AWS::CloudWatch::Alarm")}
    assert states == {"notBreaching"}


def watched(cloud: Synthesized) -> set[tuple[str, str]]:
    """Metric and the last dimension of each alarm."""
    return {
        (alarm["MetricName"], json.dumps(alarm.get("Dimensions", [{}])[-1].get("Value", "")))
        for _, alarm in cloud.resources("AWS::CloudWatch::Alarm")
    }


def test_whoever_fails_somebody_is_told(cloud: Synthesized) -> None:
    """By the run it was called for, the queue its event ends in, or the request it answered."""
    metrics = {metric for metric, _ in watched(cloud)}
    assert {"ExecutionsFailed", "ExecutionsTimedOut", "5XXError", "LoadFailures"} <= metrics
    assert ("Errors", '"perennial-predict:live"') in watched(cloud)
    asynchronous = {
        name for name, function in cloud.functions().items() if "DeadLetterConfig" in function
    }
    assert {"trigger", "conclude"} <= asynchronous


def test_every_queue_of_what_could_not_be_worked_off_is_watched(cloud: Synthesized) -> None:
    seen = {
        json.dumps(alarm["Dimensions"][0]["Value"])
        for _, alarm in cloud.resources("AWS::CloudWatch::Alarm")
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    queues = [queue["QueueName"] for _, queue in cloud.resources("AWS::SQS::Queue")]
    missed = [name for name in queues if "missed" in name]
    assert missed
    assert len(seen) == len(missed)


def test_the_alarms_cost_next_to_nothing(cloud: Synthesized) -> None:
    """Ten alarms of standard resolution are free, others 10 cents a month (CloudWatch pricing)."""
    alarms = [alarm for _, alarm in cloud.resources("AWS::CloudWatch::Alarm")]
    assert len(alarms) <= 12
    assert min(alarm["Period"] for alarm in alarms) >= 60


def test_alarms_may_publish_to_the_encrypted_topic(cloud: Synthesized) -> None:
    (policy,) = [
        key["KeyPolicy"]["Statement"]
        for name, key in cloud.resources("AWS::KMS::Key")
        if name.startswith("Perennial-Operations/")
    ]
    granted = [s for s in policy if s["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
    assert set(granted[0]["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_the_policy_of_the_topic_lets_our_alarms_publish(cloud: Synthesized) -> None:
    """A topic with a policy of its own has lost the default one, which let the account publish."""
    statements = cloud.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    (allowed,) = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    conditions = allowed["Condition"]
    assert conditions["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert json.dumps(conditions["ArnLike"]["aws:SourceArn"]).endswith(':alarm:*"]]}')
