"""The validate function end to end on S3 and DynamoDB as moto has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from perennial.adapters import aws
from perennial.registry.records import RunStatus, SourceObject

from tests.fakes.records import a_run
from tests.unit.data.loans import rows, spec, text

ROOT = Path(__file__).parents[3]
RUN_ID = "a" * 32


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "loans.json").write_text(spec().model_dump_json())
    environment = {
        "PERENNIAL_TABLE": "registry",
        "PERENNIAL_DATA_BUCKET": "data",
        "PERENNIAL_SPECS": str(tmp_path),
        "PERENNIAL_CODE_VERSION": "c" * 64,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        aws.client.cache_clear()
        from functions.validate import handler

        handler.ports.cache_clear()
        _deploy()
        yield handler
        handler.ports.cache_clear()
        aws.client.cache_clear()


def _deploy() -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    keys = ("pk", "sk")
    boto3.client("dynamodb").create_table(
        TableName="registry",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )


def validated(function: Any, content: str) -> dict[str, Any]:
    """Upload a file, create its run, call the function as the workflow does."""
    key = "incoming/loans/a.csv"
    s3 = boto3.client("s3")
    version = s3.put_object(Bucket="data", Key=key, Body=content.encode())["VersionId"]
    s3.put_object(Bucket="data", Key=key, Body=b"a later upload under the same name")
    origin = SourceObject("data", key, version, "e", 1)
    run = a_run(RUN_ID, model="loans", source=origin)
    function.ports()[1].create_run(run)
    event = {
        "run_id": RUN_ID,
        "model": "loans",
        "source": asdict(origin),
        "trigger": "upload",
        "by": "me",
    }
    answer: dict[str, Any] = function.handler(event, None)
    json.dumps(answer)
    return answer


def test_an_upload_that_fits_is_accepted_in_exactly_its_version(function: Any) -> None:
    answer = validated(function, text())
    assert (answer["outcome"], answer["reason"]) == ("ACCEPTED", "")
    objects, registry = function.ports()
    job = json.loads(objects.read(answer["run_uri"] + "job.json"))
    assert job["code"] == {"version": "0.1.0", "digest": "c" * 64, "commit": ""}
    assert objects.exists(answer["dataset"]["uri"])
    run = registry.run("loans", RUN_ID)
    assert (run.status, run.dataset_digest) == (RunStatus.RUNNING, answer["dataset"]["digest"])


def test_an_upload_that_does_not_fit_is_rejected_without_an_exception(function: Any) -> None:
    answer = validated(function, text(rows(2)))
    assert answer["outcome"] == "REJECTED"
    assert answer["reason"] == "2 rows; expected at least 20; and 1 more problem"
    assert answer["dataset"] is None
    assert function.ports()[0].exists(answer["report_uri"])


def test_no_value_is_logged(function: Any, capsys: pytest.CaptureFixture[str]) -> None:
    validated(function, text().replace("nurse", "secret-job"))
    assert "secret" not in capsys.readouterr().out


def test_the_function_loads_no_pandas_even_where_it_is_installed() -> None:
    code = (
        "import sys, io, tempfile, pathlib\n"
        "import functions.validate.handler\n"
        "from tests.unit.data.loans import run, text\n"
        "assert run(text(), pathlib.Path(tempfile.mkdtemp())).accepted\n"
        "print(sorted({'pandas', 'sklearn', 'scipy', 'xgboost'} & set(sys.modules)))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
