"""The capture function on S3 as moto has it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from moto import mock_aws
from perennial.adapters import aws

from tests.unit.capture.messages import message, one_row, spec


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "bank.json").write_text(spec().model_dump_json())
    environment = {
        "PERENNIAL_DATA_BUCKET": "data",
        "PERENNIAL_SPECS": str(tmp_path),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        aws.client.cache_clear()
        from functions.capture import handler

        handler.store.cache_clear()
        boto3.client("s3").create_bucket(
            Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        yield handler
        handler.store.cache_clear()
        aws.client.cache_clear()


class Context:
    aws_request_id = "call"


def delivered(function: Any, *bodies: str) -> list[str]:
    """The messages of a batch that are to come again."""
    records = [
        {"messageId": f"m{number}", "body": body, "eventSource": "aws:sqs"}
        for number, body in enumerate(bodies)
    ]
    response = function.handler({"Records": records}, Context())
    return [each["itemIdentifier"] for each in response["batchItemFailures"]]


def stored() -> dict[str, list[dict[str, Any]]]:
    s3 = boto3.client("s3")
    return {
        found["Key"]: pq.read_table(
            io.BytesIO(s3.get_object(Bucket="data", Key=found["Key"])["Body"].read())
        ).to_pylist()
        for found in s3.list_objects_v2(Bucket="data").get("Contents", [])
    }


def test_a_batch_is_written_and_counted(function: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert delivered(function, one_row("a"), message(), one_row("b")) == []
    (rows,) = stored().values()
    assert len(rows) == 4
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (counted,) = [line for line in lines if "PredictionsCaptured" in line]
    assert counted["PredictionsCaptured"] == [4.0]
    assert counted["model"] == "bank"


def test_a_bad_message_comes_again_and_the_others_do_not(
    function: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bad = one_row("b", features={"age": ["98765"]})
    assert delivered(function, one_row("a"), bad, one_row("c", model="gone")) == ["m1", "m2"]
    assert [row["request_id"] for rows in stored().values() for row in rows] == ["a"]
    told = [str(vars(record)) for record in caplog.records]
    assert "a value of age is no integer" in told[0]
    assert "no model named 'gone' is deployed" in told[1]
    assert not [line for line in told if "98765" in line]


def test_a_batch_of_bad_messages_alone_is_answered_too(function: Any) -> None:
    assert delivered(function, "", "null") == ["m0", "m1"]
    assert stored() == {}


def test_what_storage_refuses_comes_again(function: Any, caplog: pytest.LogCaptureFixture) -> None:
    boto3.client("s3").delete_bucket(Bucket="data")
    assert delivered(function, one_row("a"), one_row("b")) == ["m0", "m1"]
    assert "file not written" in caplog.messages


def test_a_batch_that_comes_again_adds_nothing(function: Any) -> None:
    for _ in range(2):
        assert delivered(function, one_row("a"), message()) == []
    (rows,) = stored().values()
    assert sorted(row["prediction_id"] for row in rows) == ["a-0", "r-0", "r-1"]
