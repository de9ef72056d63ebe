"""Latency, predictions and loss of two versions are compared as the spec asks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from perennial.rollout.comparison import GRACE_MS, latency, loss, rarer_outcomes, shift

from tests.unit.rollout.captures import BINARY, REGRESSION, chances, of, rows, spec

BRIER = BINARY + "monitoring: {performance: {metric: brier}}\n"
ACCURACY = BINARY + "monitoring: {performance: {metric: accuracy}}\n"
MAE = REGRESSION + "monitoring: {performance: {metric: mae}}\n"


def test_latency_is_compared_as_a_ratio() -> None:
    both = of(rows(2, chances(0.1, 0.2), latency=95.0), rows(1, chances(0.1, 0.2), latency=45.0))
    assert math.exp(latency(both, 1.5).estimate) == pytest.approx(2.0)


def test_a_millisecond_more_or_less_is_no_difference() -> None:
    both = of(rows(2, chances(0.1), latency=2.0), rows(1, chances(0.1), latency=1.0))
    assert math.exp(latency(both, 1.5).estimate) < 1.2
    assert GRACE_MS == 5.0


def test_latencies_that_are_no_numbers_are_left_out() -> None:
    odd = [math.nan, -1.0, math.inf, 10.0]
    both = of(rows(2, chances(*[0.1] * 4), latency=odd), rows(1, chances(0.1), latency=10.0))
    seen = latency(both, 1.5)
    assert (seen.challenger, seen.estimate) == (1, 0.0)


def test_a_request_that_both_answered_a_part_of_says_nothing_of_latency() -> None:
    both = of(
        rows(2, chances(0.1, 0.2), requests=["shared", "own"], latency=[900.0, 10.0]),
        rows(1, chances(0.1, 0.2), requests=["shared", "other"], latency=[900.0, 10.0]),
    )
    seen = latency(both, 1.5)
    assert (seen.challenger, seen.champion, seen.estimate) == (1, 1, 0.0)


def test_the_share_of_labels_is_compared() -> None:
    both = of(rows(2, chances(0.9, 0.9, 0.9, 0.1)), rows(1, chances(0.9, 0.1, 0.1, 0.1)))
    found = shift(both, spec(), 0.25)
    (label,) = [group for group in found if group.startswith("labelled")]
    assert abs(found[label].estimate) == pytest.approx(0.5)


def test_scores_that_move_within_a_label_are_seen() -> None:
    both = of(rows(2, chances(*[0.6] * 9)), rows(1, chances(*[0.9] * 9)))
    assert max(abs(one.estimate) for one in shift(both, spec(), 0.25).values()) == 1.0


@pytest.mark.parametrize(("new", "old"), [(1.0, 2.0), (2.0, 1.0)])
def test_two_constants_are_as_far_apart_as_can_be(new: float, old: float) -> None:
    both = of(rows(2, [new] * 5), rows(1, [old] * 5))
    found = shift(both, spec(REGRESSION), 0.25)
    assert max(abs(one.estimate) for one in found.values()) == 1.0


def test_equal_predictions_are_not_apart() -> None:
    both = of(rows(2, [1.0, 2.0, 3.0]), rows(1, [1.0, 2.0, 3.0]))
    assert all(one.estimate == 0 for one in shift(both, spec(REGRESSION), 0.25).values())


def test_estimates_that_are_no_numbers_are_left_out() -> None:
    both = of(rows(2, [math.nan, 2.0]), rows(1, [1.0, 2.0]))
    assert all(one.challenger == 1 for one in shift(both, spec(REGRESSION), 0.25).values())


def test_a_label_only_the_challenger_gives_is_seen() -> None:
    text = BINARY.replace("task: binary", "task: multiclass").replace('positive_class: "yes"\n', "")
    new, old = rows(2, ["a", "c", "c"]), rows(1, ["a", "b", "a"])
    found = shift(of(new, old), spec(text), 0.25)
    assert found["labelled 'c'"].estimate == pytest.approx(2 / 3)
    assert found["labelled 'b'"].estimate == pytest.approx(-1 / 3)


def test_where_nothing_is_kept_of_predictions_nothing_is_compared() -> None:
    both = of(rows(2, [None, None]), rows(1, [None, None]))
    assert shift(both, spec(), 0.25) == {}
    assert shift(of(), spec(), 0.25) == {}


@pytest.mark.parametrize(
    ("text", "new", "old"),
    [
        (BINARY, -math.log(0.8), -math.log(0.6)),
        (BRIER, 0.2**2, 0.4**2),
        (ACCURACY, 0.0, 0.0),
    ],
)
def test_the_loss_is_that_of_the_watched_metric(text: str, new: float, old: float) -> None:
    both = of(rows(2, chances(0.8), outcome=["yes"]), rows(1, chances(0.6), outcome=["yes"]))
    difference, whole = loss(both, spec(text), 0.1)
    assert whole == pytest.approx(old)
    assert difference.estimate == pytest.approx(new - 1.1 * old)


@pytest.mark.parametrize(("text", "expected"), [(REGRESSION, 9.0 - 4.0), (MAE, 3.0 - 2.0)])
def test_the_loss_of_a_regression_is_squared_unless_asked_otherwise(
    text: str, expected: float
) -> None:
    both = of(rows(2, [4.0], outcome=[1.0]), rows(1, [3.0], outcome=[1.0]))
    difference, _ = loss(both, spec(text), 0.0)
    assert difference.estimate == pytest.approx(expected)


def test_one_row_that_was_surely_wrong_does_not_decide() -> None:
    both = of(rows(2, chances(1.0), outcome=["no"]), rows(1, chances(0.5), outcome=["no"]))
    difference, _ = loss(both, spec(), 0.0)
    assert difference.estimate < 10


def test_in_the_shadow_losses_are_compared_pair_by_pair() -> None:
    random = np.random.default_rng(0)
    p = random.uniform(0.05, 0.95, 400)
    truth = ["yes" if one else "no" for one in random.random(400) < p]
    names = [f"r{place}" for place in range(400)]
    new = rows(2, chances(*p), requests=names, role="shadow", outcome=truth)
    old = rows(1, chances(*p), requests=names, outcome=truth)
    paired, _ = loss(of(new, old, shadow=True), spec(), 0.0)
    apart, _ = loss(of(rows(2, chances(*p), outcome=truth), old), spec(), 0.0)
    assert paired.estimate == 0
    assert paired.variance < apart.variance / 10


def test_outcomes_of_the_rarer_label_are_those_of_the_version_that_has_fewer() -> None:
    alike = rows(2, chances(*[0.5] * 4), outcome=["no", "no", "no", None])
    mixed = rows(2, chances(*[0.5] * 5), outcome=["yes", "no", "yes", "no", "yes"])
    old = rows(1, chances(*[0.5] * 6), outcome=["no", "yes", "no", "yes", "no", "yes"])
    assert rarer_outcomes(of(mixed, old), spec()) == 2
    assert rarer_outcomes(of(alike, old), spec()) == 0
    assert rarer_outcomes(of(mixed.slice(0, 0), old), spec()) == 0
    assert rarer_outcomes(of(mixed, old), spec(REGRESSION)) is None


def test_without_outcomes_there_is_no_loss() -> None:
    difference, whole = loss(of(), spec(), 0.1)
    assert (difference.challenger, difference.champion, whole) == (0, 0, 0.0)


def test_predictions_without_probabilities_have_no_log_loss() -> None:
    both = of(rows(2, [None], outcome=["yes"]), rows(1, [None], outcome=["yes"]))
    difference, _ = loss(both, spec(), 0.1)
    assert (difference.challenger, difference.champion) == (0, 0)
