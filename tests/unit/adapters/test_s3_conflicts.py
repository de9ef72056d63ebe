"""Writers of one key that meet: each is told to try again, and one of them has written."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from perennial.adapters.s3 import S3ObjectStore
from perennial.errors import Unavailable


class Busy:
    """S3 while somebody else writes the same key."""

    def __init__(self, *codes: str) -> None:
        self.codes = [*codes]
        self.written: list[bytes] = []

    def put_object(self, **given: Any) -> None:
        assert given["IfNoneMatch"] == "*"
        self.written.append(given["Body"].read())
        if self.codes:
            raise ClientError({"Error": {"Code": self.codes.pop(0)}}, "PutObject")


CONFLICT, THERE = "ConditionalRequestConflict", "PreconditionFailed"


@pytest.mark.parametrize("codes", [[], [CONFLICT], [CONFLICT, CONFLICT], [CONFLICT, THERE]])
def test_a_write_that_meets_another_is_tried_again_with_the_whole_body(codes: list[str]) -> None:
    busy: Any = Busy(*codes)
    S3ObjectStore(busy).write("s3://b/k", b"whole", "text/plain", once=True)
    assert set(busy.written) == {b"whole"}
    assert not busy.codes


def test_a_key_that_is_written_without_an_end_is_told() -> None:
    busy: Any = Busy(*[CONFLICT] * 50)
    with pytest.raises(Unavailable, match=CONFLICT):
        S3ObjectStore(busy).write("s3://b/k", b"whole", "text/plain", once=True)
