"""An upload tells which object version it became, and so which run it starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from perennial.registry.intake import run_id_of

from cli.exits import CommandError, Exit
from cli.target import Target
from cli.upload import upload

BUCKET = "data-bucket"


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        target = Target("Perennial", "us-east-1")
        s3 = target.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield target


def newest(target: Target) -> Any:
    return target.client("s3").list_object_versions(Bucket=BUCKET)["Versions"][0]


@pytest.mark.parametrize("size", [0, 10, 9 * 2**20], ids=["empty", "small", "in parts"])
def test_the_version_is_the_one_that_was_stored(target: Target, tmp_path: Path, size: int) -> None:
    file = tmp_path / "data 1.csv"
    file.write_bytes(b"x" * size)
    sent: list[int] = []
    source = upload(target, BUCKET, "wine", file, sent.append)
    stored = newest(target)
    assert (source.bucket, source.key) == (BUCKET, "incoming/wine/data 1.csv")
    assert (source.version_id, source.size) == (stored["VersionId"], size)
    assert f'"{source.etag}"' == stored["ETag"]
    assert sum(sent) == size


def test_the_same_file_again_starts_another_run(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("a\n1\n")
    first, second = (upload(target, BUCKET, "wine", file, lambda _: None) for _ in range(2))
    assert run_id_of(first) != run_id_of(second)
    assert len(run_id_of(first)) == 32


def test_a_bucket_without_versions_is_refused(target: Target, tmp_path: Path) -> None:
    target.client("s3").create_bucket(Bucket="plain")
    file = tmp_path / "data.csv"
    file.write_text("a\n")
    with pytest.raises(CommandError, match="keeps no versions"):
        upload(target, "plain", "wine", file, lambda _: None)


def test_a_missing_file_is_not_found(target: Target, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        upload(target, BUCKET, "wine", tmp_path / "none.csv", lambda _: None)
    assert caught.value.code is Exit.NOT_FOUND
