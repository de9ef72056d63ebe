"""Alarms, the topic and reports as AWS has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from perennial.adapters.alarms import CloudWatchAlarms
from perennial.adapters.s3_files import S3Files
from perennial.adapters.sns import SnsTopic
from perennial.automation.newest import NewestReports
from perennial.errors import Unavailable

REGION: Literal["eu-central-1"] = "eu-central-1"
BEFORE = "2026-03-01T00:00:00.000Z"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


def an_alarm(cloudwatch: Any, name: str, state: str) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Perennial",
        MetricName="Drift",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


def test_alarms_that_are_on_are_told_with_their_time() -> None:
    cloudwatch = boto3.client("cloudwatch")
    states = {"p-bank-drift": "ALARM", "p-bank-errors": "OK", "p-zoo-drift": "ALARM"}
    for name, state in states.items():
        an_alarm(cloudwatch, name, state)
    found = CloudWatchAlarms(cloudwatch).on(["p-bank-drift", "p-bank-errors", "p-bank-missing"])
    assert list(found) == ["p-bank-drift"]
    assert found["p-bank-drift"] > BEFORE
    assert found["p-bank-drift"].endswith("Z")


def test_more_names_than_one_request_takes_are_asked_for_in_several() -> None:
    cloudwatch = boto3.client("cloudwatch")
    an_alarm(cloudwatch, "p-last-drift", "ALARM")
    names = [*(f"p-{n}-drift" for n in range(150)), "p-last-drift"]
    assert list(CloudWatchAlarms(cloudwatch).on(names)) == ["p-last-drift"]


def test_a_notice_reaches_mailboxes_as_text_and_chats_in_their_form() -> None:
    sent: list[dict[str, Any]] = []

    class Sns:
        def publish(self, **told: Any) -> None:
            sent.append(told)

    SnsTopic("arn", Sns()).publish("bank: a retraining was started", "What happened: drift.")
    (told,) = sent
    message = json.loads(told["Message"])
    chat = json.loads(message["https"])
    assert told["MessageStructure"] == "json"
    assert message["default"] == "What happened: drift."
    assert (chat["version"], chat["source"]) == ("1.0", "custom")
    assert chat["content"]["title"] == "bank: a retraining was started"


def test_sns_takes_what_is_published() -> None:
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="alarms")["TopicArn"]
    SnsTopic(arn, sns).publish("s" * 100, "t" * 3000)


@pytest.mark.parametrize(
    ("subject", "sent"),
    [("caf\u00e9\n\x07", "caf???"), ("s" * 300, "s" * 100), ("", "?"), (" \u2026 ", "?")],
)
def test_a_subject_sns_would_refuse_is_made_one_it_takes(subject: str, sent: str) -> None:
    class Sns:
        def publish(self, **told: Any) -> None:
            assert told["Subject"] == sent

    SnsTopic("arn", Sns()).publish(subject, "t")


def test_a_topic_that_does_not_answer_is_unavailable() -> None:
    class Sns:
        def publish(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://sns")

    with pytest.raises(Unavailable):
        SnsTopic("arn", Sns()).publish("s", "t")


@pytest.fixture
def reports() -> NewestReports:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    return NewestReports(S3Files(s3), "data")


def put_report(end: str, body: bytes, name: str = "report.json", model: str = "bank") -> None:
    key = f"reports/{model}/{end}-86400s/{name}"
    boto3.client("s3").put_object(Bucket="data", Key=key, Body=body)


def a_report(version: int | None = 2, **states: str) -> bytes:
    verdicts = {
        name: {"state": state, "sentence": f"{name} it is"} for name, state in states.items()
    }
    return json.dumps({"version": version, "verdicts": verdicts}).encode()


def test_the_newest_report_is_read_with_its_alarms(reports: NewestReports) -> None:
    put_report("20260302T000000Z", a_report(drift="ok"))
    put_report("20260303T000000Z", a_report(3, drift="alarm", quality="not-enough-data"))
    put_report("20260304T000000Z", a_report(), model="zoo")
    found = reports.latest("bank", BEFORE)
    assert found is not None
    assert (found.version, dict(found.alarms)) == (3, {"drift": "drift it is"})
    assert found.uri == "s3://data/reports/bank/20260303T000000Z-86400s/report.html"


def test_a_report_that_is_not_whole_yet_is_passed_over(reports: NewestReports) -> None:
    put_report("20260302T000000Z", a_report(drift="alarm"))
    put_report("20260303T000000Z", b"<html>", "report.html")
    found = reports.latest("bank", BEFORE)
    assert found is not None
    assert "20260302" in found.uri


def test_a_report_that_is_too_old_says_nothing(reports: NewestReports) -> None:
    put_report("20260302T000000Z", a_report(drift="alarm"))
    assert reports.latest("bank", "2026-03-05T00:00:00.000Z") is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"verdicts": 3}', b'{"verdicts": {"drift": {}}}', b"\xff"]
)
def test_a_report_that_cannot_be_read_confirms_nothing(reports: NewestReports, body: bytes) -> None:
    put_report("20260302T000000Z", body)
    assert reports.latest("bank", BEFORE) is None
