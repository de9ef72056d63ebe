"""What a store of large files promises, held against the one in memory and the one on S3."""

from __future__ import annotations

import pytest
from perennial.adapters.s3_files import S3Files
from perennial.registry.files import Files

from tests.fakes.files import InMemoryFiles

URI, COPY = "s3://data/score/bank/a b+c/é.csv", "s3://data/score/bank/copy.csv"
BODY = bytes(range(256)) * 200_000


@pytest.fixture(params=["memory", "s3"])
def files(request: pytest.FixtureRequest) -> Files:
    if request.param == "memory":
        return InMemoryFiles()
    return S3Files(request.getfixturevalue("s3"))


def test_a_range_is_read_and_ends_where_the_object_does(files: Files) -> None:
    files.write(URI, BODY, "text/csv")
    assert files.read_range(URI, 1_000, 50) == BODY[1_000:1_050]
    assert files.read_range(URI, len(BODY) - 3, 50) == BODY[-3:]
    assert files.read_range(URI, len(BODY), 50) == b""


def test_pieces_of_any_size_become_one_object(files: Files) -> None:
    files.pour((BODY[at : at + 7_000_001] for at in range(0, len(BODY), 7_000_001)), URI, "x/y")
    assert files.read(URI) == BODY


def test_no_pieces_are_an_empty_object(files: Files) -> None:
    files.pour(iter([]), URI, "x/y")
    assert files.read(URI) == b""


def test_an_object_is_copied(files: Files) -> None:
    files.write(URI, BODY, "text/csv")
    files.copy(URI, COPY)
    assert files.read(COPY) == BODY


def test_equal_content_has_an_equal_tag(files: Files) -> None:
    files.write(URI, b"same", "text/csv")
    files.write(COPY, b"same", "text/csv")
    assert files.stat(URI).etag == files.stat(COPY).etag
    assert files.stat(URI).size == 4
    files.write(COPY, b"other", "text/csv")
    assert files.stat(URI).etag != files.stat(COPY).etag


def test_what_is_not_there_is_told(files: Files) -> None:
    for look in (files.stat, lambda uri: files.read_range(uri, 0, 3)):
        with pytest.raises(FileNotFoundError):
            look(URI)
    with pytest.raises(FileNotFoundError):
        files.copy(URI, COPY)


def test_objects_are_listed_in_order_from_where_one_likes(files: Files) -> None:
    for name in ("b/2", "a/1", "b/1", "c/é"):
        files.write(f"s3://data/truth/{name}", b"12", "x/y")
    below = [one.uri for one in files.listed("s3://data/truth/")]
    assert below == [f"s3://data/truth/{name}" for name in ("a/1", "b/1", "b/2", "c/é")]
    later = list(files.listed("s3://data/truth/b/", after="s3://data/truth/b/1"))
    assert [(one.uri, one.size) for one in later] == [("s3://data/truth/b/2", 2)]
    assert list(files.listed("s3://data/nothing/")) == []


def test_folders_are_those_right_below(files: Files) -> None:
    for name in ("a/1", "b/x/1", "b/2", "file"):
        files.write(f"s3://data/truth/{name}", b"", "x/y")
    assert list(files.folders("s3://data/truth/")) == ["s3://data/truth/a/", "s3://data/truth/b/"]
