"""Fixtures of the stream tests."""

from __future__ import annotations

import pytest

from tests.unit.predict.asking import Asked


@pytest.fixture
def asked() -> Asked:
    """The model `bank` in service, and `fresh`, which was never trained."""
    return Asked()
