"""Intervals of groups: by the textbook, and sound for groups of any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.training.fairness_intervals import (
    Limits,
    difference,
    means,
    of_one,
    of_pairs,
    rates,
    ratio,
)
from scipy import stats

Counted = list[tuple[int, int]]  # hits and rows of each group
shares = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda one: (one[0], sum(one)))
groups = st.lists(shares.filter(lambda one: one[1] > 0), min_size=2, max_size=6)


def limits_of(counted: Counted, tail: float = of_one()) -> Limits:
    hits, rows = (np.array(part, dtype=np.float64) for part in zip(*counted, strict=True))
    return rates(hits, rows, tail)


@pytest.mark.parametrize(("hits", "rows"), [(3, 10), (0, 12), (12, 12), (1, 3), (250, 1000)])
def test_limits_of_a_rate_are_those_of_wilson(hits: int, rows: int) -> None:
    found = limits_of([(hits, rows)])
    expected = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert (found.low[0], found.high[0]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_limits_of_a_mean_are_those_of_student() -> None:
    values = np.array([1.0, 4.0, 2.5, 7.0])
    found = means(
        np.array([values.sum()]), np.array([((values - values.mean()) ** 2).sum()]),
        np.array([4.0]), of_one(),
    )  # fmt: skip
    expected = stats.ttest_1samp(values, 0.0).confidence_interval()
    assert (found.low[0], found.high[0]) == pytest.approx((expected.low, expected.high))


def test_the_difference_of_two_rates_is_newcombes_tenth_method() -> None:
    # Newcombe (1998), table II, column (a): 56/70 - 48/80 has 0.0524 to 0.3339.
    found = difference(limits_of([(56, 70), (48, 80)]))
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert (found.smallest, found.largest) == (1, 0)


def test_one_row_has_a_mean_without_limits() -> None:
    found = means(np.array([3.0]), np.array([0.0]), np.array([1.0]), of_one())
    assert found.values[0] == 3.0
    assert np.isnan(found.low[0])
    assert np.isnan(found.high[0])


def test_a_group_without_rows_has_no_rate() -> None:
    found = limits_of([(0, 0), (1, 4)])
    assert np.isnan([found.values[0], found.low[0], found.high[0]]).all()


@given(groups)
def test_rates_lie_within_their_limits_and_limits_within_one(counted: Counted) -> None:
    found = limits_of(counted)
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()
    assert (found.low <= found.values).all()
    assert (found.values <= found.high).all()
    assert (found.low < found.high).all()  # however few the rows: nothing is ever certain


@given(groups)
def test_a_distance_lies_within_its_interval_whatever_the_groups(counted: Counted) -> None:
    tail = of_pairs(len(counted))
    share = [hits / rows for hits, rows in counted]
    apart = difference(limits_of(counted, tail))
    assert apart.value == pytest.approx(max(share) - min(share))
    assert 0 <= apart.low <= apart.value + 1e-12
    assert apart.value <= apart.high + 1e-12
    assert share[apart.smallest] == min(share)
    assert share[apart.largest] == max(share)
    near = ratio(limits_of(counted, tail))
    assert near.value == pytest.approx(min(share) / max(share) if max(share) else 1.0)
    assert 0 <= near.low <= near.value + 1e-12
    assert near.value - 1e-12 <= near.high <= 1


@given(groups, st.permutations(range(6)))
def test_the_order_of_groups_changes_nothing(counted: Counted, order: list[int]) -> None:
    moved = [counted[place] for place in order if place < len(counted)]
    for distance in (difference, ratio):
        one, other = (distance(limits_of(each)) for each in (counted, moved))
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


@given(groups)
def test_looking_at_more_pairs_is_paid_for(counted: Counted) -> None:
    plain, paid = (difference(limits_of(counted, tail)) for tail in (of_one(), of_pairs(6)))
    assert paid.low <= plain.low + 1e-12
    assert paid.high >= plain.high - 1e-12


def test_an_interval_holds_the_true_distance_about_as_often_as_it_says() -> None:
    """The largest of three differences, where the groups are truly alike but small."""
    random, missed = np.random.default_rng(0), 0
    for _ in range(2000):
        hits = random.binomial([40, 60, 35], 0.3)
        found = difference(rates(hits.astype(float), np.array([40.0, 60.0, 35.0]), of_pairs(3)))
        missed += found.low > 0
    assert 0.03 < missed / 2000 < 0.06  # nominally 0.05
