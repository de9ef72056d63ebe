"""Fixtures of the predict tests."""

from __future__ import annotations

import pytest

from tests.unit.predict.asking import Asked
from tests.unit.predict.rollouts import Rollout


@pytest.fixture
def asked() -> Asked:
    """An endpoint nobody has asked yet."""
    return Asked()


@pytest.fixture
def rollout() -> Rollout:
    made = Rollout()
    made.champion()
    made.challenger()  # so that later requests load nothing
    return made
