"""Answers are compared caller by caller; in the shadow, request by request."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from perennial.rollout import answers as module
from perennial.rollout.answers import answers, numbers

from tests.fakes.records import a_rollout
from tests.unit.rollout.captures import chances, of, rows


def test_only_answers_in_the_part_of_a_version_count() -> None:
    both = of(
        rows(2, chances(0.1, 0.2)),
        rows(2, chances(0.3), role="shadow"),
        rows(1, chances(0.4)),
        rows(7, chances(0.5), role="champion"),
    )
    assert (both.challenger.num_rows, both.champion.num_rows) == (2, 1)
    assert not both.paired


def test_the_answers_of_a_caller_count_as_one() -> None:
    both = of(
        rows(2, chances(0.1, 0.3, 0.8), entities=["ada", "ada", None]), rows(1, chances(0.5, 0.5))
    )
    values = np.array([1.0, 3.0, 5.0])
    seen = both.compare(values, np.array([0.0, 0.0]), prior=1.0)
    assert (seen.challenger, seen.champion) == (2, 2)
    assert seen.estimate == pytest.approx((2.0 + 5.0) / 2)


def test_the_rows_of_a_request_without_a_caller_count_as_one() -> None:
    both = of(rows(2, chances(0.1, 0.3), requests=["r", "r"]), rows(1, chances(0.5)))
    seen = both.compare(np.array([1.0, 3.0]), np.array([0.0]), prior=1.0)
    assert (seen.challenger, seen.estimate) == (1, 2.0)


def test_without_the_request_the_id_of_the_prediction_names_it() -> None:
    named = rows(2, chances(0.1, 0.3), requests=["a-b", "a-b"]).drop_columns(["request_id"])
    both = of(named, rows(1, chances(0.5)).drop_columns(["request_id"]))
    assert both.challenger["unit"].to_pylist() == ["a-b", "a-b"]


def test_in_the_shadow_only_requests_that_both_answered_are_compared() -> None:
    both = of(
        rows(1, chances(0.1, 0.2, 0.3), requests=["a", "b", "c"]),
        rows(2, chances(0.9, 0.3), requests=["x", "b"], role="shadow"),
        shadow=True,
    )
    assert both.paired
    assert both.challenger["request_id"].to_pylist() == ["b"]
    assert both.champion["request_id"].to_pylist() == ["b"]


def test_pairs_stand_in_one_order_whatever_order_they_came_in() -> None:
    both = of(
        rows(1, chances(0.1, 0.2), requests=["a", "b"]),
        rows(2, chances(0.2, 0.1), requests=["b", "a"], role="shadow").take([1, 0]),
        shadow=True,
    )
    ids = [table["prediction_id"].to_pylist() for table in (both.challenger, both.champion)]
    assert ids[0] == ids[1]


def test_no_answers_at_all_are_no_error() -> None:
    for shadow in (True, False):
        both = of(shadow=shadow)
        seen = both.compare(numbers(both.challenger, "latency_ms"), np.empty(0), prior=1.0)
        assert (seen.challenger, seen.champion) == (0, 0)


def test_more_answers_than_are_looked_at_are_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    given = [rows(1, chances(0.1, 0.2)), rows(2, chances(0.1, 0.2))]
    both = answers(a_rollout(step=1), given)
    assert not both.complete
    assert both.challenger.num_rows + both.champion.num_rows == 3


def test_batches_of_a_stream_are_taken_too() -> None:
    batches: list[pa.RecordBatch] = rows(2, chances(0.1, 0.2)).to_batches()
    assert answers(a_rollout(step=1), batches).challenger.num_rows == 2
