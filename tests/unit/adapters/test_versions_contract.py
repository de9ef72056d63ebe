"""What every store of versions promises, held against the one in memory and the one on S3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from perennial.adapters.s3_versions import S3Versions
from perennial.registry.stored import Changed, VersionedStore

from tests.fakes.versioned import InMemoryVersions

PREFIX = "s3://data/captures/"


class OnS3(S3Versions):
    """The same, with a way to write."""

    def write(self, uri: str, body: bytes) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return InMemoryVersions()
    s3 = request.getfixturevalue("s3")
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    return OnS3(s3)


def fill(store: Any) -> None:
    for name, body in (("a", b"1"), ("a", b"2"), ("b", b"3"), ("c", b"4")):
        store.write(PREFIX + name, body)
    store.write("s3://data/other/a", b"5")


def content(store: VersionedStore, folder: Path, after: str = "") -> list[tuple[str, bool, bytes]]:
    found = []
    for one in store.versions(PREFIX, after):
        store.fetch(one, folder / "x")
        found.append((one.uri.removeprefix(PREFIX), one.latest, (folder / "x").read_bytes()))
    return found


def test_all_versions_are_listed_and_fetched(store: Any, tmp_path: Path) -> None:
    fill(store)
    found = content(store, tmp_path)
    assert sorted(found) == sorted(
        [("a", True, b"2"), ("a", False, b"1"), ("b", True, b"3"), ("c", True, b"4")]
    )
    assert [name for name, _, _ in found] == ["a", "a", "b", "c"]


def test_a_listing_goes_on_after_an_object(store: Any, tmp_path: Path) -> None:
    fill(store)
    assert [name for name, _, _ in content(store, tmp_path, PREFIX + "a")] == ["b", "c"]


def test_a_removed_version_is_gone_and_the_one_before_is_back(store: Any, tmp_path: Path) -> None:
    fill(store)
    newest = next(one for one in store.versions(PREFIX) if one.latest)
    store.remove(newest)
    assert ("a", True, b"1") in content(store, tmp_path)
    with pytest.raises(FileNotFoundError):
        store.fetch(newest, tmp_path / "x")


def test_only_what_was_read_is_replaced(store: Any, tmp_path: Path) -> None:
    fill(store)
    seen = next(one for one in store.versions(PREFIX + "b"))
    (tmp_path / "new").write_bytes(b"new")
    store.replace(seen.uri, tmp_path / "new", "text/plain", seen.etag)
    assert ("b", True, b"new") in content(store, tmp_path)
    with pytest.raises(Changed):
        store.replace(seen.uri, tmp_path / "new", "text/plain", seen.etag)


def test_what_must_not_be_there_yet_is_written_once(store: Any, tmp_path: Path) -> None:
    fill(store)
    (tmp_path / "new").write_bytes(b"new")
    store.replace(PREFIX + "z", tmp_path / "new", "text/plain", None)
    with pytest.raises(Changed):
        store.replace(PREFIX + "z", tmp_path / "new", "text/plain", None)
    with pytest.raises(Changed):
        store.replace(PREFIX + "none", tmp_path / "new", "text/plain", '"tag"')


def test_what_a_mark_of_deletion_hides_is_listed(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    store = OnS3(s3)
    fill(store)
    s3.delete_object(Bucket="data", Key="captures/b")
    assert PREFIX + "b" in [one.uri for one in store.versions(PREFIX)]
