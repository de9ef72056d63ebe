"""The bounds hold at all looks together, and are no wider than they need be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.rollout.bounds import margin, share_above, share_below
from perennial.rollout.samples import Counts, Sample, apart, pairwise

counts = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)).map(
    lambda pair: Counts(max(pair), min(pair))
)


@given(counts, st.floats(0.001, 0.4))
def test_the_bounds_of_a_share_surround_what_was_seen(seen: Counts, alpha: float) -> None:
    if not seen.requests:
        return
    share = seen.errors / seen.requests
    assert 0 <= share_below(seen, alpha) <= share + 1e-12
    assert share - 1e-12 <= share_above(seen, alpha) <= 1


@given(counts.filter(lambda seen: seen.requests > 0))
def test_more_certainty_asks_for_wider_bounds(seen: Counts) -> None:
    assert share_above(seen, 0.01) >= share_above(seen, 0.1)
    assert share_below(seen, 0.01) <= share_below(seen, 0.1)


def test_all_requests_failed_or_none_is_no_special_case() -> None:
    assert share_above(Counts(10, 10), 0.05) == 1.0
    assert share_below(Counts(10, 0), 0.05) == 0.0
    assert 0.5 < share_below(Counts(20, 20), 0.05) < 1
    assert share_above(Counts(1, 0), 0.05) < 1.0


def test_no_failure_in_some_hundred_requests_bounds_the_share_below_one_percent() -> None:
    assert share_above(Counts(420, 0), 0.05) < 0.01
    assert share_above(Counts(200, 0), 0.05) > 0.01


@pytest.mark.parametrize("share", [0.001, 0.02, 0.5])
def test_a_share_is_rarely_outside_its_bounds_at_any_look(share: float) -> None:
    random = np.random.default_rng(1)
    wrong = 0
    for _ in range(100):
        errors = np.cumsum(random.random(3000) < share)
        looks = [Counts(n, int(errors[n - 1])) for n in (*range(1, 100, 9), *range(100, 3001, 100))]
        wrong += any(share_above(look, 0.1) < share for look in looks)
    assert wrong / 100 <= 0.1


@pytest.mark.parametrize("skewed", [False, True])
def test_a_mean_is_rarely_beyond_its_margin_at_any_look(skewed: bool) -> None:
    random = np.random.default_rng(2)
    wrong = 0
    for _ in range(200):
        draws = random.standard_exponential((2, 3000)) if skewed else random.normal(size=(2, 3000))
        sums, squares = draws.cumsum(axis=1), (draws**2).cumsum(axis=1)
        for n in range(50, 3001, 50):
            new, old = (
                Sample(n, sums[arm, n - 1] / n, squares[arm, n - 1] - sums[arm, n - 1] ** 2 / n)
                for arm in (0, 1)
            )
            seen = apart(new, old, prior=0.1)
            if seen.estimate > margin(seen, 0.1, 50):
                wrong += 1
                break
    assert wrong / 200 <= 0.1


def test_nothing_seen_is_no_certainty() -> None:
    empty = apart(Sample.of(np.array([])), Sample.of(np.array([1.0])), prior=0.1)
    assert margin(empty, 0.05, 30) == math.inf
    assert margin(pairwise(Sample.of(np.array([math.nan])), prior=0.1), 0.05, 30) == math.inf


def test_a_handful_of_equal_values_is_no_certainty() -> None:
    same = Sample.of(np.ones(5))
    assert margin(apart(same, same, prior=0.25), 0.05, 5) > 0.2


def test_pairs_tell_more_than_two_samples() -> None:
    random = np.random.default_rng(3)
    hard = random.normal(size=500)
    new, old = hard + random.normal(scale=0.1, size=500), hard
    by_pair = margin(pairwise(Sample.of(new - old), prior=0.1), 0.05, 50)
    by_sample = margin(apart(Sample.of(new), Sample.of(old), prior=0.1), 0.05, 50)
    assert by_pair < by_sample / 4


def test_more_errors_than_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="3 errors of 2 requests"):
        Counts(2, 3)
