"""Alarms wake a person and tell them what to do."""

from __future__ import annotations

import json
import re

from tests.infrastructure.templates import ROOT, Resource, Synthesized


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


def of_deployment(cloud: Synthesized) -> dict[str, Resource]:
    """The alarms of no model, by name; `test_watch` is about the others."""
    return {
        name: alarm
        for name, alarm in cloud.resources("AWS::CloudWatch::Alarm")
        if not name.startswith("Perennial-Watch/")
    }


def test_every_alarm_of_the_deployment_tells_the_topic(cloud: Synthesized) -> None:
    for name, alarm in of_deployment(cloud).items():
        assert len(alarm["AlarmActions"]) == 1, name


def test_no_traffic_is_no_trouble(cloud: Synthesized) -> None:
    """Audits are none: their verdict stands, and their silence is told."""
    alarms = {each["AlarmName"]: each for each in of_deployment(cloud).values()}
    assert alarms.pop("perennial-history-tampered")["TreatMissingData"] == "ignore"
    assert alarms.pop("perennial-history-unaudited")["TreatMissingData"] == "missing"
    assert {alarm["TreatMissingData"] for alarm in alarms.values()} == {"notBreaching"}


def watched(cloud: Synthesized) -> set[tuple[str, str]]:
    """Metric and the last dimension of each alarm."""
    return {
        (
            alarm.get("MetricName", ""),
            json.dumps(alarm.get("Dimensions", [{}])[-1].get("Value", "")),
        )
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
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    }
    queues = [queue["QueueName"] for _, queue in cloud.resources("AWS::SQS::Queue")]
    missed = [name for name in queues if "missed" in name]
    assert missed
    assert len(seen) == len(missed)


def dollars(cloud: Synthesized, stack: str) -> float:
    """What the alarms of a stack cost in a month: 10 cents a metric, 50 for one made of others.

    https://aws.amazon.com/cloudwatch/pricing/ (us-east-1, November 2026)
    """
    resources = [r for name, r in cloud.all_resources() if name.startswith(f"{stack}/")]
    kinds = [resource["Type"] for resource in resources]
    metrics = [
        sum("MetricStat" in each for each in resource["Properties"].get("Metrics", [])) or 1
        for resource in resources
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]
    return 0.1 * sum(metrics) + 0.5 * kinds.count("AWS::CloudWatch::CompositeAlarm")


def test_the_alarms_of_the_deployment_cost_next_to_nothing(cloud: Synthesized) -> None:
    """Ten are free. Each of them says that something broke that nothing else would tell of."""
    stacks = {name.split("/")[0] for name in of_deployment(cloud)}
    assert sum(dollars(cloud, stack) for stack in stacks) <= 2.2


def test_the_alarms_of_a_model_cost_two_dollars(cloud: Synthesized) -> None:
    """What rolls a model back and has it trained anew must not be left out to save cents."""
    schedules = [each["Target"] for _, each in cloud.resources("AWS::Scheduler::Schedule")]
    models = len([target for target in schedules if "Input" in target])  # others are no model's
    assert dollars(cloud, "Perennial-Watch") / models <= 2.0


def test_no_alarm_is_of_the_expensive_kind_that_looks_every_ten_seconds(
    cloud: Synthesized,
) -> None:
    periods = [alarm.get("Period", 60) for _, alarm in cloud.resources("AWS::CloudWatch::Alarm")]
    assert min(periods) >= 60


def test_alarms_may_publish_to_the_encrypted_topic(cloud: Synthesized) -> None:
    (policy,) = [
        key["KeyPolicy"]["Statement"]
        for name, key in cloud.resources("AWS::KMS::Key")
        if name.startswith("Perennial-Operations/")
    ]
    granted = [
        statement
        for statement in policy
        if statement["Principal"].get("Service") == "cloudwatch.amazonaws.com"
    ]
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
