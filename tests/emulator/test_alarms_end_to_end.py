"""Alarms go off by dimension, M of N and missing data, and what they set off arrives.

The emulator's clock runs sixty times as fast: a period of 60 seconds is one second.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

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

SPACE = "Test/Alarms"
KEEP = """
import boto3, json, os
def handler(event, context):
    boto3.client("s3").put_object(
        Bucket=os.environ["BUCKET"], Key=f"{os.environ['KIND']}/{context.aws_request_id}",
        Body=json.dumps(event))
"""
EMIT = """
import json, time
def handler(event, context):
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [
        {"Namespace": "Test/Alarms", "Dimensions": [["model"]],
         "Metrics": [{"Name": "errors", "Unit": "Count"}]}]},
        "model": event["model"], "errors": event["errors"]}))
"""


def permission(target: str, principal: str, **condition: object) -> dict[str, object]:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": attribute(target, "Arn"),
            "Principal": principal,
            **condition,
        },
    }


def keeper(kind: str) -> dict[str, object]:
    variables = {"BUCKET": ref("Bucket"), "KIND": kind}
    return function("Role", KEEP, Environment={"Variables": variables}, Timeout=30)


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    rule = {
        "State": "ENABLED",
        "EventPattern": {
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "detail": {"state": {"value": ["ALARM"]}, "alarmName": [{"prefix": "watched-"}]},
        },
        "Targets": [
            {"Id": "allowed", "Arn": attribute("OnEvent", "Arn")},
            {"Id": "forbidden", "Arn": attribute("Forbidden", "Arn")},
        ],
    }
    subscription = {
        "Protocol": "lambda",
        "TopicArn": ref("Topic"),
        "Endpoint": attribute("OnTopic", "Arn"),
    }
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Role": role("lambda.amazonaws.com", allow("s3:PutObject")),
        "OnEvent": keeper("event"),
        "OnTopic": keeper("topic"),
        "OnAlarm": keeper("alarm"),
        "Forbidden": keeper("forbidden"),
        "Emit": function("Role", EMIT),
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": subscription},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
        "MayEvent": permission(
            "OnEvent", "events.amazonaws.com", SourceArn=attribute("Rule", "Arn")
        ),
        "MayTopic": permission("OnTopic", "sns.amazonaws.com", SourceArn=ref("Topic")),
        "MayAlarm": permission("OnAlarm", "lambda.alarms.cloudwatch.amazonaws.com"),
    }
    return cloud.deploy(
        resources,
        {
            "Bucket": ref("Bucket"),
            "Topic": ref("Topic"),
            "OnAlarm": attribute("OnAlarm", "Arn"),
            "Emit": ref("Emit"),
            "Rule": ref("Rule"),
        },
    )


class Alarms:
    """Alarms on metrics nobody else writes."""

    def __init__(self, cloud: Cloud, stack: Stack) -> None:
        self.watch = cloud.client("cloudwatch")
        self.cloud = cloud
        self.stack = stack
        self.model = uuid.uuid4().hex[:8]
        self.names: list[str] = []

    def put(self, name: str = "", **settings: Any) -> str:
        name = f"{name}{uuid.uuid4().hex[:8]}"
        single = {
            "Namespace": SPACE,
            "MetricName": "errors",
            "Dimensions": [{"Name": "model", "Value": self.model}],
            "Statistic": "Sum",
            "Period": 60,
        }
        usual = {
            "Threshold": 1,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        }
        base = usual if "Metrics" in settings else single | usual
        self.watch.put_metric_alarm(AlarmName=name, **(base | settings))
        self.names.append(name)
        return name

    def record(self, value: float, model: str = "", metric: str = "errors") -> None:
        dimensions = [{"Name": "model", "Value": model or self.model}]
        datum = {"MetricName": metric, "Value": value, "Dimensions": dimensions}
        self.watch.put_metric_data(Namespace=SPACE, MetricData=[datum])

    def state(self, name: str) -> str:
        found = self.watch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
        return str(found["StateValue"])

    def becomes(self, name: str, state: str) -> None:
        eventually(lambda: self.state(name) == state)

    def arrived(self, kind: str, about: str) -> list[dict[str, Any]]:
        s3 = self.cloud.client("s3")
        bucket = self.stack["Bucket"]
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{kind}/").get("Contents", [])
        bodies = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found]
        return [json.loads(body) for body in bodies if about in body.decode()]


@pytest.fixture
def alarms(cloud: Cloud, stack: Stack) -> Iterator[Alarms]:
    made = Alarms(cloud, stack)
    yield made
    made.watch.delete_alarms(AlarmNames=made.names)


def test_alarm_watches_its_own_dimension_only(alarms: Alarms) -> None:
    name = alarms.put()
    alarms.becomes(name, "OK")
    alarms.record(5, model="another")
    calm = alarms.put()
    alarms.becomes(calm, "OK")
    assert alarms.state(name) == "OK"
    alarms.record(5)
    alarms.becomes(name, "ALARM")


def test_alarm_recovers_with_time_alone(alarms: Alarms) -> None:
    name = alarms.put()
    alarms.record(5)
    alarms.becomes(name, "ALARM")
    alarms.becomes(name, "OK")


def test_m_of_n_alarm_needs_m_breaching_periods(alarms: Alarms) -> None:
    once = alarms.put()
    three_of_five = alarms.put(EvaluationPeriods=5, DatapointsToAlarm=3)
    alarms.record(5)
    alarms.becomes(once, "ALARM")
    assert alarms.state(three_of_five) == "OK"

    def keep_failing() -> bool:
        alarms.record(5)
        return alarms.state(three_of_five) == "ALARM"

    assert eventually(keep_failing, every=0.4)


@pytest.mark.parametrize(
    ("treatment", "state"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA")],
)
def test_alarm_without_data_follows_its_treatment_of_missing_data(
    alarms: Alarms, treatment: str, state: str
) -> None:
    alarms.becomes(alarms.put(TreatMissingData=treatment), state)


def test_percentile_alarm_looks_at_the_tail(alarms: Alarms) -> None:
    settings: dict[str, Any] = {"MetricName": "latency", "Threshold": 100}
    median = alarms.put(**settings, Statistic="Average")
    alarms.watch.put_metric_alarm(
        AlarmName=median, Namespace=SPACE, Period=60, ExtendedStatistic="p50",
        Dimensions=[{"Name": "model", "Value": alarms.model}], EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching", **settings,
    )  # fmt: skip
    tail = alarms.put(**settings, Statistic="Maximum")
    for latency in (1, 1, 1, 500):
        alarms.record(latency, metric="latency")
    alarms.becomes(tail, "ALARM")
    assert alarms.state(median) != "ALARM"


def rate(model: str) -> list[dict[str, Any]]:
    def metric(name: str) -> Mapping[str, Any]:
        told = {"Namespace": SPACE, "MetricName": name}
        dimensions = [{"Name": "model", "Value": model}]
        return {"Metric": {**told, "Dimensions": dimensions}, "Period": 60, "Stat": "Sum"}

    return [
        {"Id": "rate", "Expression": "100 * errors / calls", "ReturnData": True},
        {"Id": "errors", "MetricStat": metric("errors"), "ReturnData": False},
        {"Id": "calls", "MetricStat": metric("calls"), "ReturnData": False},
    ]


def test_metric_math_alarm_deployed_by_a_template_goes_off(cloud: Cloud, alarms: Alarms) -> None:
    properties = {
        "Metrics": rate(alarms.model),
        "Threshold": 50,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    made = cloud.deploy(
        {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}},
        {"Name": ref("Alarm")},
    )
    alarms.becomes(made["Name"], "OK")

    def keep_failing() -> bool:
        alarms.record(3, metric="calls")
        alarms.record(2)
        return alarms.state(made["Name"]) == "ALARM"

    assert eventually(keep_failing, every=0.3)


def test_comparison_the_emulator_lacks_fails_the_deployment(cloud: Cloud) -> None:
    band = {
        "Metrics": rate("x"),
        "ThresholdMetricId": "rate",
        "Threshold": 1,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
    }
    with pytest.raises(Exception, match="failed"):
        cloud.deploy({"Band": {"Type": "AWS::CloudWatch::Alarm", "Properties": band}}, {})


def test_alarm_reaches_the_event_bus_a_topic_and_a_function(alarms: Alarms, stack: Stack) -> None:
    name = alarms.put("watched-", AlarmActions=[stack["Topic"], stack["OnAlarm"]])
    alarms.becomes(name, "OK")
    alarms.record(5)
    (event,) = eventually(lambda: alarms.arrived("event", name))
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["source"] == "aws.cloudwatch"
    assert event["resources"][0].endswith(f":alarm:{name}")
    assert event["detail"]["state"]["value"] == "ALARM"
    assert event["detail"]["previousState"]["value"] == "OK"
    assert json.loads(event["detail"]["state"]["reasonData"])["recentDatapoints"] == [5.0]
    (metric,) = event["detail"]["configuration"]["metrics"]
    assert metric["metricStat"]["metric"]["dimensions"] == {"model": alarms.model}
    (notice,) = eventually(lambda: alarms.arrived("topic", name))
    message = json.loads(notice["Records"][0]["Sns"]["Message"])
    assert (message["NewStateValue"], message["Trigger"]["Statistic"]) == ("ALARM", "SUM")
    (called,) = eventually(lambda: alarms.arrived("alarm", name))
    assert called["alarmData"]["alarmName"] == name
    assert not alarms.arrived("forbidden", name), "its policy does not let EventBridge in"


def test_undeliverable_event_is_counted_as_failed(alarms: Alarms, stack: Stack) -> None:
    alarms.watch.set_alarm_state(
        AlarmName=alarms.put("watched-"), StateValue="ALARM", StateReason="test"
    )
    dimensions = [{"Name": "RuleName", "Value": stack["Rule"]}]
    eventually(
        lambda: alarms.watch.list_metrics(
            Namespace="AWS/Events", MetricName="FailedInvocations", Dimensions=dimensions
        )["Metrics"]
    )


def test_disabled_actions_are_not_performed(alarms: Alarms, stack: Stack) -> None:
    name = alarms.put("watched-", AlarmActions=[stack["OnAlarm"]], ActionsEnabled=False)
    alarms.record(5)
    eventually(lambda: alarms.arrived("event", name))
    assert not alarms.arrived("alarm", name)


def test_state_set_by_hand_is_announced_and_remembered(alarms: Alarms, stack: Stack) -> None:
    name = alarms.put("watched-", AlarmActions=[stack["OnAlarm"]])
    alarms.watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    (called,) = eventually(lambda: alarms.arrived("alarm", name))
    assert called["alarmData"]["state"]["reason"] == "a drill"
    history = alarms.watch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")
    summaries = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    assert any(summary.endswith("to ALARM") for summary in summaries)


def test_metric_in_a_functions_log_sets_off_an_alarm(cloud: Cloud, alarms: Alarms) -> None:
    name = alarms.put()
    payload = json.dumps({"model": alarms.model, "errors": 3})
    cloud.client("lambda").invoke(FunctionName=alarms.stack["Emit"], Payload=payload)
    alarms.becomes(name, "ALARM")


def test_alarm_on_a_missing_action_is_still_described(alarms: Alarms) -> None:
    with pytest.raises(ClientError):
        alarms.watch.set_alarm_state(AlarmName="nobody", StateValue="OK", StateReason="x")
