from __future__ import annotations

import math

import pytest
from perennial.report import count, share, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (41188, "41,188"),
        (-3.0, "−3"),
        (0.80123, "0.8012"),
        (1234.567, "1,235"),
        (0.5, "0.5"),
        (1e-7, "1.000e−07"),
        (None, "–"),
        (math.nan, "–"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 %"), (1, "100 %"), (0.00001, "< 0.1 %"), (0.99999, "> 99.9 %"), (0.113, "11.3 %")],
)
def test_a_share_says_all_or_none_only_when_it_is(value: float, text: str) -> None:
    assert share(value) == text


def test_counts_are_grouped() -> None:
    assert count(1234567) == "1,234,567"
