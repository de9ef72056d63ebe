"""The tests under drift: right by other implementations, and honest on data without drift."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.monitoring import binned, significance, special
from perennial.monitoring.multivariate import auc_and_probability
from perennial.monitoring.quality import beyond_extremes
from scipy import stats

counts = st.lists(st.integers(0, 10**7), min_size=1, max_size=40)


@given(st.floats(1e-6, 2e3), st.floats(0.5, 600))
def test_the_tail_of_chi_square_is_that_of_scipy(value: float, freedom: float) -> None:
    expected = float(stats.chi2.sf(value, freedom))
    assert special.chi_square_tail(value, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-280)


@given(st.floats(-30, 30))
def test_the_tail_of_the_normal_distribution_is_that_of_scipy(z: float) -> None:
    assert special.normal_tail(z) == pytest.approx(float(stats.norm.sf(z)), rel=1e-11)


def test_homogeneity_is_that_of_scipy() -> None:
    first, second = np.array([40.0, 60.0, 100.0]), np.array([55.0, 45.0, 60.0])
    found = significance.homogeneity_test(first, second)
    scaled = stats.chi2_contingency([first, second]).statistic * (359 / 360)
    assert found == pytest.approx(float(stats.chi2.sf(scaled, 2)), rel=1e-9)


def test_rank_scores_are_as_good_as_mann_and_whitney() -> None:
    random = np.random.default_rng(0)
    first, second = random.integers(0, 30, 400), random.integers(2, 31, 300)
    bins = [np.bincount(one, minlength=31).astype(float) for one in (first, second)]
    pooled = bins[0] + bins[1]
    ranks = np.cumsum(pooled) - (pooled - 1) / 2
    expected = stats.mannwhitneyu(first, second, use_continuity=False, method="asymptotic")
    assert significance.score_test(bins[0], bins[1], ranks) == pytest.approx(
        float(expected.pvalue), rel=1e-3
    )


@pytest.mark.parametrize(
    ("hits", "rows", "known", "among"),
    [(9, 100, 1_000, 100_000), (25, 100, 100, 1_000), (40, 200, 20, 200), (12, 50_000, 1, 50_000)],
)
def test_a_share_is_tested_as_fisher_would(hits: int, rows: int, known: int, among: int) -> None:
    exact = float(stats.hypergeom.sf(hits - 1, rows + among, hits + known, rows))
    found = significance.share_test(hits, rows, known, among)
    assert 0.7 * exact < found < 2 * exact


def test_values_beyond_the_extremes_are_as_likely_as_in_a_simulation() -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(4_000):
        mine, other = random.random(30), random.random(100)
        found.append(int(((other < mine.min()) | (other > mine.max())).sum()))
    for hits in (1, 5, 10, 15):
        simulated = float(np.mean(np.array(found) >= hits))
        assert beyond_extremes(hits, 100, 30) == pytest.approx(simulated, abs=0.03)


def test_auc_and_its_probability_are_those_of_mann_and_whitney() -> None:
    random = np.random.default_rng(0)
    lower = random.integers(0, 9, 80).astype(np.float64)
    higher = random.integers(1, 10, 60).astype(np.float64)
    auc, probability = auc_and_probability(lower, higher)
    expected = stats.mannwhitneyu(higher, lower, alternative="greater", use_continuity=False)
    assert auc == pytest.approx(float(expected.statistic) / (80 * 60))
    assert probability == pytest.approx(float(expected.pvalue), rel=1e-6)


@pytest.mark.parametrize("rows", [(100, 100), (20_000, 100), (1_000, 1_000)])
def test_without_drift_small_probabilities_are_as_rare_as_they_say(rows: tuple[int, int]) -> None:
    """At a level of 1 %, where 1,500 repetitions still tell 1 % from 2 %."""
    random = np.random.default_rng(2)
    shares = 1 / np.arange(1, 13)
    for probability, wanted in (
        (binned.number_probability, np.full(30, 1 / 30)),
        (binned.label_probability, shares / shares.sum()),
    ):
        drawn = [random.multinomial(n, wanted, size=1_500).astype(float) for n in rows]
        found = [probability(a, b) for a, b in zip(*drawn, strict=True)]
        assert np.mean(np.array(found) <= 0.01) < 0.02
        assert np.mean(np.array(found) <= 0.001) < 0.005


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_a_combination_is_a_probability_and_no_smaller_than_bonferroni_allows(
    probabilities: list[float],
) -> None:
    weights = [1 / len(probabilities)] * len(probabilities)
    found = significance.combined(probabilities, weights)
    assert 0 <= found <= 1
    assert found >= min(probabilities) * 0.9


def test_one_test_that_finds_nothing_does_not_silence_the_other() -> None:
    assert significance.combined([1e-6, 1.0], [0.5, 0.5]) < 3e-6


def test_many_probabilities_are_corrected_as_holm_says() -> None:
    assert significance.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert significance.holm([]) == []


@given(counts, counts)
def test_no_counts_make_a_test_fail_or_answer_with_no_probability(
    first: list[int], second: list[int]
) -> None:
    size = min(len(first), len(second))
    a, b = np.array(first[:size], float), np.array(second[:size], float)
    for test in (binned.number_probability, binned.label_probability):
        found = test(a, b)
        assert math.isfinite(found)
        assert 0 <= found <= 1
