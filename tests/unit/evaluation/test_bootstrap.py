"""Intervals are steady, cover what they should, and compare on the same samples."""

from __future__ import annotations

import numpy as np
import pytest
from perennial.evaluation.bootstrap import FEWEST_SAMPLES, SAMPLES, interval, resample
from perennial.evaluation.measure import mean_of
from perennial.evaluation.ranking import roc_auc


def test_the_same_seed_gives_the_same_samples() -> None:
    values = np.random.default_rng(0).random(300)
    once, again, other = (
        resample({"mean": mean_of(values)}, 300, seed)["mean"] for seed in (1, 1, 2)
    )
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_metrics_are_resampled_together() -> None:
    values = np.random.default_rng(0).random(300)
    samples = resample({"a": mean_of(values), "b": mean_of(values + 1)}, 300, 0)
    assert samples["b"] - samples["a"] == pytest.approx(np.ones(SAMPLES))


def test_an_interval_of_a_mean_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(0).normal(5, 2, 2000)
    found = interval(resample({"mean": mean_of(values)}, 2000, 0)["mean"])
    half = 1.96 * values.std() / np.sqrt(2000)
    assert found == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    random, covered = np.random.default_rng(0), 0
    for trial in range(100):
        values = random.normal(0, 1, 80)
        low, high = interval(resample({"m": mean_of(values)}, 80, trial)["m"]) or (1.0, 0.0)
        covered += low <= 0 <= high
    assert 86 <= covered <= 99


def test_many_rows_take_fewer_samples_and_still_give_the_interval() -> None:
    rows = 120_000
    values = np.random.default_rng(0).normal(5, 2, rows)
    samples = resample({"mean": mean_of(values)}, rows, 0)["mean"]
    assert len(samples) == FEWEST_SAMPLES
    low, high = interval(samples) or (0.0, 0.0)
    assert high - low == pytest.approx(2 * 1.96 * 2 / np.sqrt(rows), rel=0.3)
    assert low < 5 < high


def test_a_metric_that_is_hardly_ever_defined_has_no_interval() -> None:
    truth = np.zeros(2, dtype=bool)
    truth[0] = True
    score = np.array([0.9, 0.1])
    samples = resample({"auc": roc_auc(truth, score)}, 2, 0)["auc"]
    assert np.isnan(samples).any()
    assert interval(np.full(10, np.nan)) is None
    assert interval(np.array([np.nan, np.nan, 1.0])) is None
