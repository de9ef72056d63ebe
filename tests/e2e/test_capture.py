"""Every prediction reaches S3, whatever happens to the function after it has answered."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from perennial.registry.records import RunStatus
from perennial.serving.capture import position

from tests.e2e.captures import captured, keys, wait_for
from tests.e2e.function_processes import kill
from tests.e2e.platform import Answer, Platform, until
from tests.e2e.test_journey import rows_of

CANCER = "breast-cancer"
# Numbers that nothing else in the deployment happens to be.
AGE, SEX = 47.316249, 1.382951


@pytest.fixture(scope="module")
def cancer(platform: Platform, breast_cancer: bytes) -> list[dict[str, object]]:
    """Rows of a model that is in service."""
    return _in_service(platform, CANCER, breast_cancer, "diagnosis")


@pytest.fixture(scope="module")
def patients(platform: Platform, diabetes: bytes) -> list[dict[str, object]]:
    """Rows of a model some of whose columns may not be kept."""
    return _in_service(platform, "diabetes", diabetes, "progression")


@pytest.fixture(scope="module")
def wines(platform: Platform, wine: bytes) -> list[dict[str, object]]:
    """Rows of a model of whose requests half are kept."""
    return _in_service(platform, "wine", wine, "cultivar")


def _in_service(
    platform: Platform, model: str, table: bytes, target: str
) -> list[dict[str, object]]:
    if platform.registry.route(model) is None:
        run = platform.train(model, table)
        assert run.status is RunStatus.SUCCEEDED, run.reason
    return rows_of(table, target, 5)


def ids(answer: Answer) -> set[str]:
    assert answer.status == 200, answer.body
    return {prediction["id"] for prediction in answer.body["predictions"]}


def queue_url(platform: Platform, name: str) -> str:
    return str(platform.client("sqs").get_queue_url(QueueName=f"perennial-{name}")["QueueUrl"])


def test_what_was_answered_is_kept_with_its_ids_and_outputs(
    platform: Platform, cancer: list[dict[str, object]]
) -> None:
    answer = platform.predict(CANCER, *cancer)
    kept = wait_for(platform, CANCER, ids(answer))
    for number, prediction in enumerate(answer.body["predictions"]):
        row = kept[prediction["id"]]
        assert row["prediction"] == prediction["prediction"]
        assert dict(row["probabilities"]) == prediction["probabilities"]
        assert row["features"] == cancer[number]
        assert (row["row"], row["request_rows"]) == (number, len(cancer))
        assert row["request_id"] == answer.body["request_id"]
        assert row["artifact_digest"] == answer.body["artifact_digest"]
        assert row["latency_ms"] > 0


def test_files_lie_by_model_version_and_hour(
    platform: Platform, cancer: list[dict[str, object]]
) -> None:
    answer = platform.predict(CANCER, cancer[0])
    (row,) = wait_for(platform, CANCER, ids(answer)).values()
    place = re.fullmatch(
        r"captures/model=breast-cancer/version=(\d+)/hour=(\d{4}-\d\d-\d\dT\d\d)/\w+\.parquet",
        row["key"],
    )
    assert place
    assert int(place[1]) == answer.body["version"]
    assert place[2] == f"{row['predicted_at']:%Y-%m-%dT%H}"


def test_a_function_killed_after_answering_has_lost_nothing(
    platform: Platform, cancer: list[dict[str, object]]
) -> None:
    """Each answer but the first is the first one of a fresh process, which dies with it."""
    answered: set[str] = set()
    for _ in range(5):
        answered |= ids(platform.predict(CANCER, *cancer))
        kill(platform, "perennial-predict")
    assert len(answered) == 5 * len(cancer)
    wait_for(platform, CANCER, answered)
    assert platform.predict(CANCER, cancer[0]).status == 200


def test_columns_that_must_not_be_kept_are_nowhere(
    platform: Platform, patients: list[dict[str, object]]
) -> None:
    """Neither in a message nor in a file nor in a log: not the sensitive, not the excluded."""
    row = {**patients[0], "age": AGE, "sex": SEX}
    sqs, url = platform.client("sqs"), queue_url(platform, "captures")
    with platform.denied("CaptureWriter", {"Action": "sqs:ReceiveMessage", "Resource": "*"}):
        answer = platform.predict("diabetes", row)
        messages: list[str] = []

        def arrived() -> bool:
            told = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
            messages.extend(each["Body"] for each in told.get("Messages", []))
            return any(answer.body["request_id"] in text for text in messages)

        until(arrived, "the message", 20)
    kept = wait_for(platform, "diabetes", ids(answer))
    (found,) = kept.values()
    assert found["features"] == {k: v for k, v in row.items() if k not in ("age", "sex")}
    places = {
        "messages": "".join(messages),
        "files": json.dumps(captured(platform, "diabetes"), default=str),
        "logs": _logs(platform),
    }
    for place, text in places.items():
        assert str(AGE) not in text, place
        assert str(SEX) not in text, place


def _logs(platform: Platform) -> str:
    logs = platform.client("logs")
    return "".join(
        event["message"]
        for function in ("predict", "capture")
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/perennial/{function}"
        )
        for event in page["events"]
    )


def test_of_a_sampled_model_those_requests_are_kept_that_the_sample_names(
    platform: Platform, wines: list[dict[str, object]]
) -> None:
    requests = [platform.predict("wine", wines[0]).body["request_id"] for _ in range(30)]
    sampled = {name for name in requests if position(name) < 0.5}
    assert 0 < len(sampled) < 30
    wait_for(platform, "wine", {f"{name}-0" for name in sampled})
    kept = {row["request_id"] for row in captured(platform, "wine")}
    assert kept & set(requests) == sampled


def test_a_queue_that_refuses_costs_no_answer_and_is_counted(
    platform: Platform, cancer: list[dict[str, object]]
) -> None:
    with platform.denied("PredictRole", {"Action": "sqs:SendMessage", "Resource": "*"}):
        first = platform.predict(CANCER, cancer[0])
        assert first.status == 200
        # The refusal is read with the next request.
        until(
            lambda: (
                platform.predict(CANCER, cancer[0]).status == 200
                and "captured predictions are lost" in _logs(platform)
            ),
            "the loss to be told",
            20,
        )
    assert ids(platform.predict(CANCER, cancer[0]))
    wait_for(platform, CANCER, ids(platform.predict(CANCER, cancer[0])))


def test_a_message_that_nobody_can_read_is_set_aside_and_holds_nothing_up(
    platform: Platform, cancer: list[dict[str, object]]
) -> None:
    sqs = platform.client("sqs")
    with short_retries(platform):
        sqs.send_message(QueueUrl=queue_url(platform, "captures"), MessageBody="no message")
        wait_for(platform, CANCER, ids(platform.predict(CANCER, cancer[0])))
        missed = queue_url(platform, "captures-missed")
        told: dict[str, Any] = {}

        def set_aside() -> bool:
            told.update(sqs.receive_message(QueueUrl=missed))
            return bool(told.get("Messages"))

        until(set_aside, "the message to be set aside", 60)
    (message,) = told["Messages"]
    assert message["Body"] == "no message"
    sqs.delete_message(QueueUrl=missed, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def short_retries(platform: Platform) -> Iterator[None]:
    """Messages that failed are tried again at once, instead of in minutes."""
    sqs, url = platform.client("sqs"), queue_url(platform, "captures")
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before["Attributes"])


def test_a_batch_that_is_delivered_twice_is_kept_once(
    platform: Platform, cancer: list[dict[str, object]]
) -> None:
    """As when the function was cut off after writing: the same messages come once more."""
    event = _delivery(platform, cancer)
    for _ in range(2):
        answer = platform.client("lambda").invoke(
            FunctionName="perennial-capture", Payload=json.dumps(event).encode()
        )
        assert json.load(answer["Payload"]) == {"batchItemFailures": []}
    rows = [r for r in captured(platform, CANCER) if r["request_id"].startswith("twice-")]
    assert sorted(row["prediction_id"] for row in rows) == ["twice-1-0", "twice-2-0"]
    assert len({row["key"] for row in rows}) == 1


def _delivery(platform: Platform, cancer: list[dict[str, object]]) -> dict[str, Any]:
    del platform
    records = []
    for number in (1, 2):
        message = {
            "format": 1,
            "model": CANCER,
            "version": 999,
            "digest": "0" * 64,
            "request_id": f"twice-{number}",
            "protocol": "native",
            "at": int(time.time() * 1e3) // 3_600_000 * 3_600_000,
            "milliseconds": 1.0,
            "rows": 1,
            "first": 0,
            "count": 1,
            "features": {name: [value] for name, value in cancer[0].items()},
            "predictions": ["benign"],
        }
        records.append(
            {
                "messageId": f"m{number}",
                "body": json.dumps(message),
                "eventSource": "aws:sqs",
                "attributes": {"ApproximateReceiveCount": "1"},
            }
        )
    return {"Records": records}


def test_files_are_few(platform: Platform, cancer: list[dict[str, object]]) -> None:
    """Requests that come together lie together: a batch is gathered before it is written."""
    before = len(keys(platform, CANCER))
    answered = set().union(*(ids(platform.predict(CANCER, cancer[0])) for _ in range(10)))
    wait_for(platform, CANCER, answered)
    assert len(keys(platform, CANCER)) - before < 10
