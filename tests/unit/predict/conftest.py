"""Fixtures of the predict tests."""

from __future__ import annotations

import pytest

from tests.unit.predict.asking import Asked


@pytest.fixture
def asked() -> Asked:
    """An endpoint nobody has asked yet."""
    return Asked()
