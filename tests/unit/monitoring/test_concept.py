"""Concept drift: errors that grow are told, with the place; those that shrink are not."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from perennial.evaluation.measures import Classified, Estimated
from perennial.monitoring.concept import Concept, judge_concept, losses
from perennial.monitoring.record import State

Floats = NDArray[np.float64]
SECOND = 1000


def followed(stream: Floats, state: Concept | None = None, first: int = 0) -> Concept:
    times = (first + np.arange(len(stream))) * SECOND
    return (state or Concept(version=2)).follow(times, stream)


def noisy(mean: float, rows: int, seed: int = 1) -> Floats:
    return np.clip(np.random.default_rng(seed).normal(mean, 0.1, rows), 0, 1)


def test_losses_that_grow_alarm_and_the_place_is_near() -> None:
    state = followed(np.concatenate([noisy(0.2, 3000), noisy(0.5, 1000, 2)]))
    assert judge_concept(state, 100).state is State.ALARM
    assert state.change is not None
    at = datetime.fromisoformat(state.change.at)
    assert abs(at.timestamp() - 3000) <= 64
    assert state.change.before == pytest.approx(0.2, abs=0.03)
    assert state.change.after == pytest.approx(0.5, abs=0.05)


def test_a_change_that_no_single_window_shows_is_found_over_several() -> None:
    state, passes = Concept(version=2), []
    for number in range(40):
        mean = 0.2 if number < 20 else 0.3
        state = followed(noisy(mean, 40, number), state, 40 * number)
        passes.append(judge_concept(state, 100).state)
    assert State.ALARM not in passes[:20]
    assert passes[-1] is State.ALARM


def test_losses_that_shrink_are_no_drift() -> None:
    state = followed(np.concatenate([noisy(0.5, 2000), noisy(0.2, 1000, 2)]))
    assert judge_concept(state, 100).state is State.OK


def test_an_alarm_lasts_until_the_losses_have_come_back() -> None:
    worse = followed(np.concatenate([noisy(0.2, 2000), noisy(0.5, 500, 2)]))
    still = followed(noisy(0.5, 500, 3), worse, 2500)
    assert judge_concept(still, 100).state is State.ALARM
    recovered = followed(noisy(0.2, 2000, 4), still, 3000)
    assert judge_concept(recovered, 100).state is State.OK


def test_losses_that_grow_further_are_the_same_drift_since_the_same_moment() -> None:
    stages = [noisy(0.2, 2000), noisy(0.4, 500, 2), noisy(0.6, 500, 3), noisy(0.8, 500, 4)]
    state = followed(np.concatenate(stages))
    assert state.change is not None
    assert abs(datetime.fromisoformat(state.change.at).timestamp() - 2000) <= 64
    assert state.change.before == pytest.approx(0.2, abs=0.03)


def test_the_order_of_arrival_does_not_matter_within_a_pass() -> None:
    stream = np.concatenate([noisy(0.2, 500), noisy(0.6, 300, 2)])
    times = np.arange(len(stream)) * SECOND
    mixed = np.random.default_rng(3).permutation(len(stream))
    one = Concept(version=2).follow(times, stream)
    other = Concept(version=2).follow(times[mixed], stream[mixed])
    assert one == other


def test_following_leaves_the_state_before_as_it_was() -> None:
    state = followed(noisy(0.2, 200))
    kept = state.model_dump_json()
    followed(noisy(0.9, 200), state, 200)
    assert state.model_dump_json() == kept


def test_few_losses_are_not_judged() -> None:
    verdict = judge_concept(followed(noisy(0.2, 99)), 100)
    assert verdict.state is State.NOT_ENOUGH
    assert verdict.sentence == "99 of at least 100 outcomes"


def test_the_sentence_says_since_when_and_by_how_much() -> None:
    state = followed(np.concatenate([noisy(0.2, 2000), noisy(0.5, 500, 2)]))
    assert state.change is not None
    at = state.change.at
    assert judge_concept(state, 100).sentence.startswith(
        f"since {at} the loss of version 2 has grown from 0.19"
    )
    assert datetime.fromisoformat(at).tzinfo is UTC


def test_a_sure_right_answer_loses_nothing_and_a_sure_wrong_one_all() -> None:
    sure = np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.5]])
    found = losses(Classified(("no", "yes"), np.array([0, 1, 1]), sure), 1.0)
    assert found.tolist() == [0.0, 1.0, 0.25]


def test_losses_of_a_binary_task_are_those_of_brier() -> None:
    p = np.random.default_rng(1).random(50)
    truth = (np.random.default_rng(2).random(50) < p).astype(np.int64)
    outcome = Classified(("no", "yes"), truth, np.column_stack([1 - p, p]))
    np.testing.assert_allclose(losses(outcome, 1.0), (p - truth) ** 2)


def test_losses_of_estimates_lie_between_none_and_all() -> None:
    outcome = Estimated(np.array([1.0, 1.0, 1e308]), np.array([1.0, 3.0, -1e308]))
    assert losses(outcome, 2.0).tolist() == [0.0, 0.5, 1.0]
    assert np.isfinite(losses(outcome, 0.0)).all()
