"""A deployment of the model `bank` for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.scoring.bank import Bank


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path)
