"""A connection that breaks in the middle of an object is taken up where it broke."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from perennial.adapters.s3 import RESUMPTIONS, S3ObjectStore
from perennial.errors import Unavailable

BODY = bytes(range(256)) * 40


class BreakingBody(io.BytesIO):
    def readinto(self, buffer: Any) -> int:
        """Some bytes, and then a broken connection."""
        if self.tell() >= 1000:
            raise ReadTimeoutError(endpoint_url="http://localhost")
        return super().readinto(memoryview(buffer)[:700])


class UnsteadyS3:
    """Breaks every connection after some bytes."""

    def __init__(self, body: bytes = BODY) -> None:
        self.body = body
        self.requests: list[dict[str, Any]] = []

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        start = int(request.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        rest = self.body[start:]
        return {"Body": BreakingBody(rest), "ETag": '"e"', "ContentLength": len(rest)}


def test_a_broken_stream_goes_on_where_it_broke() -> None:
    s3: Any = UnsteadyS3(BODY[:6000])
    with S3ObjectStore(s3).open("s3://data/k", "v1") as stream:
        assert stream.read() == BODY[:6000]
    assert len(s3.requests) > 2
    assert "IfMatch" not in s3.requests[0]
    # Never another object than the one it began with.
    assert all(r["IfMatch"] == '"e"' and r["VersionId"] == "v1" for r in s3.requests[1:])


class DeadS3(UnsteadyS3):
    """Never gives a byte."""

    def get_object(self, **request: Any) -> dict[str, Any]:
        answer = super().get_object(**request)
        answer["Body"].seek(1000)
        return answer


def test_a_stream_that_never_recovers_is_unavailable() -> None:
    s3: Any = DeadS3()
    with S3ObjectStore(s3).open("s3://data/k") as stream, pytest.raises(Unavailable):
        stream.read()
    assert len(s3.requests) == RESUMPTIONS + 1
