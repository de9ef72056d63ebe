"""Alarms that go off, and what follows without a person: retraining, taking back, stopping."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from perennial.automation.kinds import AlarmKind, alarm_name
from perennial.automation.resume import resume
from perennial.registry.clock import now
from perennial.registry.records import RunStatus, VersionStatus

from tests.e2e import captures, tumours
from tests.e2e.platform import Platform, until

MODEL = "watched"
SECONDS = 90.0


@pytest.fixture(scope="module")
def told(platform: Platform) -> Iterator[Callable[[], list[str]]]:
    """What people are told, by a queue that listens to the topic as a mailbox would."""
    sqs, sns = platform.client("sqs"), platform.client("sns")
    url = sqs.create_queue(QueueName="mailbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    topic = platform.outputs["TopicArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    listening = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    heard: list[str] = []

    def subjects() -> list[str]:
        """Subjects of all messages so far."""
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                heard.append(str(json.loads(message["Body"]).get("Subject")))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return heard

    yield subjects
    sns.unsubscribe(SubscriptionArn=listening)
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def in_service(platform: Platform) -> Iterator[int]:
    """The model has a version in service; its number."""
    run = platform.train(MODEL, tumours.table())
    assert run.status is RunStatus.SUCCEEDED, run.reason
    assert run.version is not None
    yield run.version
    if platform.registry.automation(MODEL).halted:
        resume(MODEL, by="tests", reason="over", registry=platform.registry, clock=now)


def write_metric(platform: Platform, name: str, value: float) -> None:
    """What a report or a request would have written."""
    datum = {
        "MetricName": name,
        "Dimensions": [{"Name": "model", "Value": MODEL}],
        "Value": value,
    }
    platform.client("cloudwatch").put_metric_data(Namespace="Perennial", MetricData=[datum])


def fail_requests_until(platform: Platform, reached: Callable[[], object], what: str) -> None:
    """Requests fail, in the metrics, until something has come of it."""

    def failing() -> object:
        write_metric(platform, "Errors", 1)
        time.sleep(0.5)
        return reached()

    until(failing, what, SECONDS)


def runs_of(platform: Platform, workflow: str) -> list[dict[str, Any]]:
    """The executions of a workflow for the model, the newest first."""
    client = platform.client("stepfunctions")
    arn = platform.outputs["StateMachineArn"].replace("-training", f"-{workflow}")
    found = client.list_executions(stateMachineArn=arn)["executions"]
    return [one for one in found if one["name"].startswith(MODEL)]


def come_true(platform: Platform, count: int) -> None:
    """Predictions are made, captured, and their outcomes come in."""
    ids, labels = [], []
    table, truth = tumours.rows(count, seed=3)
    for begin in range(0, count, 50):
        answer = platform.predict(MODEL, *table[begin : begin + 50])
        assert answer.status == 200, answer.body
        ids += [each["id"] for each in answer.body["predictions"]]
        labels += truth[begin : begin + 50]
    captures.wait_for(platform, MODEL, set(ids))
    outcomes = [
        {"prediction_id": one, "outcome": label} for one, label in zip(ids, labels, strict=True)
    ]
    answer = platform.call(f"/v1/models/{MODEL}/outcomes", {"outcomes": outcomes})
    assert answer.status == 202, answer.body
    s3, bucket = platform.client("s3"), platform.outputs["DataBucketName"]
    until(
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix=f"truth/model={MODEL}/").get("Contents"),
        "the outcomes to be kept",
        SECONDS,
    )


def test_drift_trains_the_model_anew_on_what_came_true(
    platform: Platform, in_service: int, told: Callable[[], list[str]]
) -> None:
    come_true(platform, 200)
    before = len(platform.registry.automation(MODEL).retrainings)
    write_metric(platform, "Drift", 1)

    def served() -> object:
        route = platform.registry.route(MODEL)
        return route.champion.number > in_service and route

    until(served, "a version that was trained anew to serve", SECONDS)
    write_metric(platform, "Drift", 0)
    newest = platform.registry.runs(MODEL)[0]
    assert (newest.trigger, newest.created_by) == ("alarm", "automation")
    assert newest.source.key.startswith(f"retraining/{MODEL}/")
    assert len(platform.registry.automation(MODEL).retrainings) == before + 1
    until(
        lambda: f"{MODEL}: a retraining has ended" in told(), "people to hear of the end", SECONDS
    )
    assert f"{MODEL}: a retraining was started" in told()
    assert platform.registry.automation(MODEL).failures == 0


def test_an_alarm_that_is_delivered_twice_starts_nothing_twice(
    platform: Platform, in_service: int
) -> None:
    started = len(runs_of(platform, "retraining")) + len(runs_of(platform, "rollback"))
    revision = platform.registry.automation(MODEL).revision
    event = {
        "source": "aws.cloudwatch",
        "detail": {"alarmName": alarm_name("perennial", MODEL, AlarmKind.DRIFT)},
    }

    def deliver(_: int) -> dict[str, Any]:
        answer = platform.client("lambda").invoke(
            FunctionName="perennial-react", Payload=json.dumps(event).encode()
        )
        return dict(json.loads(answer["Payload"].read()))

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(deliver, range(4)))
    assert answers == [{"model": MODEL, "actions": []}] * 4
    assert len(runs_of(platform, "retraining")) + len(runs_of(platform, "rollback")) == started
    assert platform.registry.automation(MODEL).revision == revision


def test_failing_requests_take_the_version_back_and_then_ask_a_person(
    platform: Platform, in_service: int, told: Callable[[], list[str]]
) -> None:
    """The second time there is no good version left; looked at once its alarms could tell."""
    bad = platform.registry.route(MODEL).champion.number
    assert bad > in_service

    def back() -> bool:
        return bool(platform.registry.route(MODEL).champion.number == in_service)

    fail_requests_until(platform, back, "the version before to serve")
    assert platform.registry.version(MODEL, bad).status is VersionStatus.REJECTED
    answer = platform.predict(MODEL, tumours.rows(1)[0][0])
    assert answer.status == 200
    fail_requests_until(
        platform, lambda: platform.registry.automation(MODEL).halted, "automation to stop"
    )
    assert "no good version" in platform.registry.automation(MODEL).halted
    assert platform.registry.route(MODEL).champion.number == in_service
    assert len(runs_of(platform, "rollback")) == 1
    stopped = f"{MODEL}: nothing is done by itself any more; a person is needed"
    until(lambda: stopped in told(), "people to hear that a person is needed", SECONDS)
    assert f"{MODEL}: version {bad} is taken back" in told()
    history = [event.what for event in platform.registry.events(MODEL)]
    assert {"rollback_ordered", "rolled_back", "automation_halted"} <= set(history)
