"""A composite alarm follows its rule, tells as CloudWatch tells, and comes by template."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator.deploying import Cloud, Stack, allow, attribute, eventually, function, ref, role

SPACE = "Test/Composites"
KEEP = """
import boto3, json, os
def handler(event, context):
    boto3.client("s3").put_object(
        Bucket=os.environ["BUCKET"], Key=context.aws_request_id, Body=json.dumps(event))
"""


def alarm(model: str, metric: str) -> dict[str, object]:
    properties = {
        "AlarmName": f"{model}-{metric}",
        "Namespace": SPACE,
        "MetricName": metric,
        "Dimensions": [{"Name": "model", "Value": model}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "ignore",
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def composite(name: str, rule: object, **properties: object) -> dict[str, object]:
    told = {"AlarmName": name, "AlarmRule": rule, **properties}
    return {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": told}


def rule(text: str) -> dict[str, object]:
    return {"Fn::Sub": text}


@dataclass
class Watched:
    """A deployed family of alarms."""

    cloud: Cloud
    stack: Stack
    model: str

    def record(self, **values: float) -> None:
        dimensions = [{"Name": "model", "Value": self.model}]
        data = [
            {"MetricName": name, "Value": value, "Dimensions": dimensions}
            for name, value in values.items()
        ]
        self.cloud.client("cloudwatch").put_metric_data(Namespace=SPACE, MetricData=data)

    def state(self, kind: str) -> str:
        found = self.cloud.client("cloudwatch").describe_alarms(
            AlarmNamePrefix=f"{self.model}-{kind}", AlarmTypes=["CompositeAlarm", "MetricAlarm"]
        )
        states = [str(one["StateValue"]) for one in found["CompositeAlarms"]]
        states += [str(one["StateValue"]) for one in found["MetricAlarms"]]
        (state,) = states
        return state

    def becomes(self, kind: str, state: str) -> None:
        eventually(lambda: self.state(kind) == state)

    def messages(self) -> list[dict[str, Any]]:
        found = self.cloud.client("sqs").receive_message(
            QueueUrl=self.stack["Queue"], MaxNumberOfMessages=10
        )
        return [json.loads(json.loads(one["Body"])["Message"]) for one in found.get("Messages", [])]

    def events(self) -> list[dict[str, Any]]:
        s3, bucket = self.cloud.client("s3"), self.stack["Bucket"]
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return [json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]) for key in keys]


def lets_topic() -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": attribute("Queue", "Arn"),
        "Condition": {"ArnEquals": {"aws:SourceArn": ref("Topic")}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def family(model: str) -> tuple[dict[str, object], dict[str, object]]:
    told: Mapping[str, object] = {"AlarmActions": [ref("Topic")], "OKActions": [ref("Topic")]}
    retrain = "(ALARM(${Drift}) OR ALARM(${Stale})) AND NOT ALARM(${Quality})"
    changes = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"prefix": f"{model}-degraded"}]},
    }
    resources: dict[str, object] = {
        "Drift": alarm(model, "drift"),
        "Stale": alarm(model, "stale"),
        "Quality": alarm(model, "quality"),
        "Degraded": composite(f"{model}-degraded", rule(retrain), **told),
        "Calm": composite(f"{model}-calm", rule("OK(${Degraded}) AND OK(${Quality})")),
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "Protocol": "sqs",
                "TopicArn": ref("Topic"),
                "Endpoint": attribute("Queue", "Arn"),
            },
        },
        "Lets": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [ref("Queue")], "PolicyDocument": lets_topic()},
        },
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Role": role("lambda.amazonaws.com", allow("s3:PutObject")),
        "React": function("Role", KEEP, Environment={"Variables": {"BUCKET": ref("Bucket")}}),
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": changes,
                "Targets": [{"Id": "react", "Arn": attribute("React", "Arn")}],
            },
        },
        "May": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": ref("React"),
                "Principal": "events.amazonaws.com",
                "SourceArn": attribute("Rule", "Arn"),
            },
        },
        "Slack": {
            "Type": "AWS::Chatbot::SlackChannelConfiguration",
            "Properties": {
                "ConfigurationName": model,
                "IamRoleArn": attribute("Role", "Arn"),
                "SlackChannelId": "C1",
                "SlackWorkspaceId": "T1",
                "SnsTopicArns": [ref("Topic")],
            },
        },
    }
    return resources, {"Queue": ref("Queue"), "Bucket": ref("Bucket")}


@pytest.fixture
def watched(cloud: Cloud) -> Iterator[Watched]:
    model = f"m{uuid.uuid4().hex[:8]}"
    made = Watched(cloud, cloud.deploy(*family(model)), model)
    made.record(drift=0, stale=0, quality=0)
    made.becomes("calm", "OK")
    made.becomes("quality", "OK")
    yield made
    cloud.client("cloudformation").delete_stack(StackName=made.stack.name)


def test_composite_alarm_goes_off_by_one_child_and_recovers(watched: Watched) -> None:
    watched.becomes("calm", "ALARM")  # its rule holds: everything is OK
    assert watched.state("degraded") == "OK"
    watched.record(stale=1)
    watched.becomes("degraded", "ALARM")
    watched.becomes("calm", "OK")
    watched.record(stale=0)
    watched.becomes("degraded", "OK")
    watched.becomes("calm", "ALARM")


def test_child_that_forbids_keeps_a_composite_alarm_quiet(watched: Watched) -> None:
    watched.record(quality=1)
    watched.becomes("quality", "ALARM")
    watched.record(drift=1)
    watched.becomes("drift", "ALARM")
    assert watched.state("degraded") == "OK"
    watched.record(quality=0)
    watched.becomes("degraded", "ALARM")


def test_composite_alarm_reaches_the_event_bus_and_a_queue(watched: Watched) -> None:
    watched.record(drift=1)
    (event, *_) = eventually(lambda: [e for e in watched.events() if is_alarm(e)])
    assert event["source"] == "aws.cloudwatch"
    assert event["detail"]["alarmName"] == f"{watched.model}-degraded"
    assert "ALARM(" in event["detail"]["configuration"]["alarmRule"]
    told: list[dict[str, Any]] = []

    def alarmed() -> list[dict[str, Any]]:
        told.extend(watched.messages())
        return [message for message in told if message["NewStateValue"] == "ALARM"]

    message = eventually(alarmed)[0]
    assert "Trigger" not in message
    states = {
        child["Arn"].rpartition("-")[2]: child["State"]["Value"]
        for child in message["TriggeringChildren"]
    }
    assert states["drift"] == "ALARM"


def is_alarm(event: Mapping[str, Any]) -> bool:
    return bool(event["detail"]["state"]["value"] == "ALARM")


def test_composite_alarms_are_described_apart_from_metric_alarms(watched: Watched) -> None:
    watch = watched.cloud.client("cloudwatch")
    plain = watch.describe_alarms(AlarmNamePrefix=watched.model)
    both = watch.describe_alarms(
        AlarmNamePrefix=watched.model, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    names = [one["AlarmName"].removeprefix(f"{watched.model}-") for one in both["CompositeAlarms"]]
    assert plain["CompositeAlarms"] == []
    assert len(plain["MetricAlarms"]) == 3
    assert names == ["calm", "degraded"]


def test_changed_rule_counts_at_once_and_a_stack_goes_with_its_alarms(
    cloud: Cloud, watched: Watched
) -> None:
    resources, outputs = family(watched.model)
    resources["Degraded"] = composite(f"{watched.model}-degraded", rule("ALARM(${Stale})"))
    template = {
        "Resources": resources,
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    formation = cloud.client("cloudformation")
    watched.record(stale=1)
    watched.becomes("degraded", "ALARM")
    resources["Degraded"] = composite(f"{watched.model}-degraded", rule("ALARM(${Drift})"))
    formation.update_stack(
        StackName=watched.stack.name,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    watched.becomes("degraded", "OK")

    formation.delete_stack(StackName=watched.stack.name)

    def left() -> bool:
        found = cloud.client("cloudwatch").describe_alarms(
            AlarmNamePrefix=watched.model, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return not found["MetricAlarms"] and not found["CompositeAlarms"]

    assert eventually(left)


@pytest.mark.parametrize(
    "properties",
    [
        {"AlarmRule": "ALARM(nobody)"},
        {"AlarmRule": "ALARM(nobody"},
        {"AlarmRule": "TRUE", "ActionsSuppressor": "another", "ActionsSuppressorWaitPeriod": 60},
    ],
)
def test_composite_alarm_that_cannot_be_is_refused(
    cloud: Cloud, properties: dict[str, object]
) -> None:
    one = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": properties}
    with pytest.raises(Exception, match="failed"):
        cloud.deploy({"One": one}, {})


LOOK = """
import boto3
def handler(event, context):
    try:
        boto3.client("cloudwatch").describe_alarms(AlarmNames=["nobody"])
    except Exception as error:
        return error.response["Error"]["Code"]
    return "described"
"""


@pytest.mark.parametrize(
    ("resource", "answer"),
    [
        ("arn:aws:cloudwatch:us-east-1:000000000000:alarm:*", "described"),
        ("arn:aws:cloudwatch:us-east-1:000000000000:alarm:nobody", "AccessDenied"),
    ],
)
def test_describing_alarms_takes_a_right_on_all_of_them(
    cloud: Cloud, resource: str, answer: str
) -> None:
    resources = {
        "Role": role("lambda.amazonaws.com", allow("cloudwatch:DescribeAlarms", on=resource)),
        "Look": function("Role", LOOK, Timeout=30),
    }
    stack = cloud.deploy(resources, {"Look": ref("Look")})
    told = cloud.client("lambda").invoke(FunctionName=stack["Look"])["Payload"].read()
    assert answer in told.decode()
