"""What every object store promises, held against the one in memory and the one on S3."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from perennial.adapters.s3 import IN_PARTS, S3ObjectStore
from perennial.errors import Unavailable
from perennial.registry.objects import ObjectStore

from tests.fakes.objects import InMemoryObjects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

URI = "s3://data/runs/bank/a b+c/é.json"


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    if request.param == "memory":
        return InMemoryObjects()
    return S3ObjectStore(request.getfixturevalue("s3"))


def test_bytes_come_back_as_they_were(store: ObjectStore) -> None:
    assert not store.exists(URI)
    store.write(URI, b"first", "application/json")
    assert store.exists(URI)
    store.write(URI, b"second", "application/json")
    assert store.read(URI) == b"second"


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    store.write(URI, b"", "text/csv")
    assert store.read(URI) == b""
    with store.open(URI) as stream:
        assert stream.read() == b""


def test_a_stream_is_read_in_parts(store: ObjectStore) -> None:
    body = bytes(range(256)) * 20_000
    store.write(URI, body, "text/csv")
    with store.open(URI) as stream:
        assert stream.read(3) == body[:3]
        assert stream.readline() == body[3:11]
        assert b"".join(iter(lambda: stream.read(65_536), b"")) == body[11:]
        assert stream.read() == b""


def test_files_go_there_and_back(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"x" * 1_000_000)
    store.upload(tmp_path / "there", URI, "application/zip")
    store.download(URI, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"x" * 1_000_000


def test_what_is_written_once_is_not_overwritten(store: ObjectStore, tmp_path: Path) -> None:
    store.write(URI, b"first", "application/zip", once=True)
    store.write(URI, b"second", "application/zip", once=True)
    (tmp_path / "file").write_bytes(b"third")
    store.upload(tmp_path / "file", URI, "application/zip", once=True)
    assert store.read(URI) == b"first"


def test_a_file_can_be_the_first_to_be_there(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"first")
    store.upload(tmp_path / "file", URI, "application/zip", once=True)
    assert store.read(URI) == b"first"


def test_what_is_missing_is_a_missing_file(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.read(URI)
    with pytest.raises(FileNotFoundError):
        store.open(URI)
    with pytest.raises(FileNotFoundError):
        store.download(URI, tmp_path / "file")


def test_what_is_no_object_uri_is_refused(store: ObjectStore) -> None:
    with pytest.raises(ValueError, match="not an S3 URI"):
        store.write("data/x", b"", "text/plain")


def test_s3_gives_the_version_that_is_asked_for(s3: S3Client, tmp_path: Path) -> None:
    store = S3ObjectStore(s3)
    first = s3.put_object(Bucket="data", Key="k", Body=b"first")["VersionId"]
    s3.put_object(Bucket="data", Key="k", Body=b"second")
    with store.open("s3://data/k", first) as stream:
        assert stream.read() == b"first"
    store.download("s3://data/k", tmp_path / "file", first)
    assert (tmp_path / "file").read_bytes() == b"first"


@pytest.mark.parametrize("once", [False, True])
def test_an_upload_that_s3_throttles_is_unavailable(
    s3: S3Client, tmp_path: Path, once: bool
) -> None:
    def throttle(**given: object) -> None:
        raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")

    s3.meta.events.register("before-call.s3.PutObject", throttle)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(Unavailable):
        S3ObjectStore(s3).upload(tmp_path / "file", "s3://data/k", "text/csv", once=once)


def test_s3_is_told_the_content_type(s3: S3Client, tmp_path: Path) -> None:
    store = S3ObjectStore(s3)
    (tmp_path / "file").write_bytes(b"")
    store.write("s3://data/a", b"", "text/html")
    store.upload(tmp_path / "file", "s3://data/b", "text/csv")
    store.upload(tmp_path / "file", "s3://data/c", "application/zip", once=True)
    types = [s3.head_object(Bucket="data", Key=key)["ContentType"] for key in "abc"]
    assert types == ["text/html", "text/csv", "application/zip"]


@pytest.mark.parametrize(("size", "parts"), [(IN_PARTS - 1, 0), (IN_PARTS, 1)])
def test_a_large_file_goes_to_s3_in_parts(
    s3: S3Client, tmp_path: Path, size: int, parts: int
) -> None:
    (tmp_path / "file").write_bytes(bytes(size))
    S3ObjectStore(s3).upload(tmp_path / "file", "s3://data/k", "text/csv")
    stored = s3.head_object(Bucket="data", Key="k")
    assert (stored["ContentLength"], stored["ContentType"]) == (size, "text/csv")
    assert stored["ETag"].strip('"').partition("-")[2] == (str(parts) if parts else "")


def test_what_sends_large_files_is_imported_by_those_that_send_some() -> None:
    code = "import perennial.adapters.s3 as s; s.S3ObjectStore(); import sys; print(*sys.modules)"
    environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-central-1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "botocore.session" in done.stdout.split()
    assert not {"boto3", "s3transfer"} & set(done.stdout.split())
