"""Fixtures of the serving tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.serving.aws_double import Aws, aws_double


@pytest.fixture(scope="module")
def _running_aws() -> Iterator[Aws]:
    with aws_double() as double:
        yield double


@pytest.fixture
def aws(_running_aws: Aws) -> Aws:
    """DynamoDB and S3 over real sockets, empty."""
    _running_aws.reset()
    return _running_aws
