"""Sentences about a rollout say more or less, never a negative more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from perennial.rollout import wording


@pytest.mark.parametrize("told", [wording.errors, wording.loss])
def test_a_better_challenger_is_told_as_less(told: Callable[..., str]) -> None:
    assert ": 0.95 % less (-7 % to 4 %; tolerated 10 %)" in told(-0.0095, -0.07, 0.04, 0.1)
    assert ": 2 % more (" in told(0.02, -0.07, 0.04, 0.1)
    assert ": 0 % more (" in told(0.0, -0.07, 0.04, 0.1)
