"""`perennial outcomes` tells what was recorded of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from perennial.registry.intake import run_id_of
from perennial.registry.records import SourceObject

from cli import outcomes
from cli.exits import CommandError, Exit
from cli.outputs import Deployment
from cli.steps import Steps
from cli.target import Target

BUCKET = "data-bucket"
SUMMARY = "outcomes/wine/o.csv.recorded/summary.json"
TOLD: dict[str, Any] = {
    "model": "wine",
    "status": "RECORDED",
    "reason": "",
    "rows": 3,
    "accepted": 2,
    "rejected": 1,
    "new_labels": 1,
    "reasons": {"has no outcome": 1},
    "notes": ["the text is not UTF-8"],
    "truth": "s3://data-bucket/truth",
    "rejects": "s3://data-bucket/rejected.csv",
}


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(Target, "patience", 0.01)
    monkeypatch.setattr(Deployment, "storage", {"DataBucketName": BUCKET})
    with mock_aws():
        target = Target("Perennial", "us-east-1")
        s3 = target.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield Deployment(target)


def put(deployment: Deployment, run_id: str) -> None:
    body = json.dumps(TOLD | {"run_id": run_id}).encode()
    deployment.target.client("s3").put_object(Bucket=BUCKET, Key=SUMMARY, Body=body)


def test_what_is_told_of_an_earlier_file_of_this_name_is_passed_over(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "o.csv").write_text("prediction_id,outcome\n")
    put(deployment, "an earlier one")
    looked: list[str] = []

    def sleep(_: float) -> None:
        """Meanwhile, the function records what was uploaded."""
        looked.append("once")
        s3 = deployment.target.client("s3")
        found = s3.head_object(Bucket=BUCKET, Key="outcomes/wine/o.csv")
        source = SourceObject(BUCKET, "outcomes/wine/o.csv", found["VersionId"], "", 0)
        put(deployment, run_id_of(source))

    monkeypatch.setattr("time.sleep", sleep)
    with Steps() as steps:
        told = outcomes.record(deployment, "wine", tmp_path / "o.csv", steps, None)
    assert told["accepted"] == 2
    assert looked == ["once"]


def test_a_file_that_is_not_there_is_told(deployment: Deployment, tmp_path: Path) -> None:
    with Steps() as steps, pytest.raises(CommandError) as raised:
        outcomes.record(deployment, "wine", tmp_path / "no.csv", steps, None)
    assert raised.value.code is Exit.NOT_FOUND


def test_waiting_ends(deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("prediction_id,outcome\n")
    with Steps() as steps, pytest.raises(CommandError) as raised:
        outcomes.record(deployment, "wine", tmp_path / "o.csv", steps, 0.05)
    assert raised.value.code is Exit.TIMEOUT


def test_counts_reasons_and_notes_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes.present(TOLD, json_output=False)
    told = re.sub(r"\s+", " ", capsys.readouterr().out)
    for part in ("RECORDED: 2 of 3 outcomes", "never saw", "not UTF-8", "1 has no outcome"):
        assert part in told
    assert "rejected.csv" in told


def test_a_file_nothing_was_recorded_of_ends_with_its_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refused = TOLD | {"status": "REJECTED", "reason": "the file has no rows", "accepted": 0}
    with pytest.raises(CommandError, match="the file has no rows") as raised:
        outcomes.present(refused, json_output=False)
    assert raised.value.code is Exit.INVALID
    capsys.readouterr()


def test_json_is_what_lies_beside_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes.present(TOLD, json_output=True)
    assert json.loads(capsys.readouterr().out) == TOLD
