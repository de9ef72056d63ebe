from __future__ import annotations

import math

import pytest
from perennial.report import count, measure, probability, share, short


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


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.86, "0.8600"),
        (0.0, "0.0000"),
        (1.0, "1.0000"),
        (-0.1234567, "−0.1235"),
        (70.3, "70.30"),
        (1234.56, "1,235"),
        (0.00001, "1.0e−05"),
        (6.3e-17, "0.0000"),
        (None, "–"),
    ],
)
def test_metrics_below_each_other_have_the_same_decimals(value: float | None, shown: str) -> None:
    assert measure(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(4e-299, "< 0.0001"), (0.0312, "0.031"), (None, "–")])
def test_a_tiny_probability_is_only_told_to_be_tiny(value: float | None, shown: str) -> None:
    assert probability(value) == shown
