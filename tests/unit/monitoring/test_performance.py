"""Performance is judged by intervals: of the champion alone, never of a slice."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from perennial.errors import ArtifactError, NeedsPipelineRuntime
from perennial.evaluation.measure import Floats
from perennial.monitoring.labelled import Kept
from perennial.monitoring.performance import achieved, judge_bound
from perennial.monitoring.previous import beside_previous
from perennial.monitoring.record import State, VersionFound
from perennial.spec import ModelSpec

from tests.unit.evaluation.scenario import a_spec as any_spec
from tests.unit.monitoring.scene import Answering, a_spec, logistic


def backwards(x: Floats) -> Floats:
    return 1 - logistic(x)


def rows_of(
    rows: int,
    *,
    said: Callable[[Floats], Floats] = logistic,
    truth: Callable[[Floats], Floats] = logistic,
    seed: int = 1,
) -> pa.Table:
    """Joined rows, as they come out of the join."""
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    p = said(x)
    came = np.where(random.random(rows) < truth(x), "yes", "no")
    pairs = [[("no", 1 - one), ("yes", one)] for one in p]
    features = [{"x": float(one), "job": ("clerk", "nurse")[n % 2]} for n, one in enumerate(x)]
    return pa.table(
        {
            "predicted_at": pa.array(range(rows), pa.timestamp("ms", "UTC")),
            "prediction": np.where(p >= 0.5, "yes", "no"),
            "probabilities": pa.array(pairs, pa.map_(pa.string(), pa.float64())),
            "outcome": came,
            "features": features,
        }
    )


def found(spec: ModelSpec, rows: pa.Table, **given: Any) -> VersionFound:
    return achieved(spec, 2, rows, rows.num_rows, threshold=0.5, holdout={}, **given)


def judged(spec: ModelSpec, rows: pa.Table, floor: float | None) -> State:
    return judge_bound(spec, found(spec, rows), floor, "floor").state


def test_rows_count_as_they_were_decided_whatever_threshold_their_group_had() -> None:
    """A version may have one for each group, and the group need not have been captured."""
    rows = rows_of(500)
    lenient = np.where(rows["probabilities"].combine_chunks().items.to_numpy()[1::2] >= 0.2, 1, 0)
    said = pa.array(np.where(lenient == 1, "yes", "no"))
    moved = rows.set_column(rows.schema.get_field_index("prediction"), "prediction", said)
    right = np.mean(said.to_numpy(zero_copy_only=False) == rows["outcome"].to_numpy())
    assert found(a_spec(), moved).metrics["accuracy"] == pytest.approx(right)
    assert found(a_spec(), moved).metrics["accuracy"] != found(a_spec(), rows).metrics["accuracy"]


def test_a_version_below_its_floor_alarms() -> None:
    assert judged(a_spec(), rows_of(2000, said=backwards), 0.8) is State.ALARM


def test_a_version_whose_interval_reaches_its_floor_does_not_alarm() -> None:
    spec, rows = a_spec(), rows_of(400)
    span = found(spec, rows).intervals["roc_auc"]
    assert judged(spec, rows, (span.low + span.high) / 2) is State.OK
    assert judged(spec, rows, span.high - 1e-6) is State.OK
    assert judged(spec, rows, span.high + 1e-6) is State.ALARM


def test_of_a_loss_the_floor_is_an_upper_bound() -> None:
    spec = a_spec(performance={"metric": "log_loss"})
    assert judged(spec, rows_of(1000), 0.7) is State.OK
    assert judged(spec, rows_of(1000, said=backwards), 0.7) is State.ALARM


def test_without_a_floor_nothing_is_judged() -> None:
    assert judged(a_spec(), rows_of(500), None) is State.NOT_JUDGED


def test_few_outcomes_are_not_judged() -> None:
    verdict = judge_bound(a_spec(), found(a_spec(), rows_of(99, said=backwards)), 0.9, "floor")
    assert verdict.state is State.NOT_ENOUGH
    assert verdict.sentence == "99 of at least 100 outcomes"
    assert judge_bound(a_spec(), None, 0.9, "floor").state is State.NOT_ENOUGH


def test_outcomes_of_one_class_are_not_judged_by_what_needs_two() -> None:
    rows = rows_of(300, truth=lambda x: np.ones(len(x)))
    verdict = judge_bound(a_spec(), found(a_spec(), rows), 0.9, "floor")
    assert verdict.state is State.NOT_ENOUGH
    assert "undefined" in verdict.sentence
    by_loss = a_spec(performance={"metric": "log_loss"})
    assert judged(by_loss, rows, 0.1) is State.ALARM


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_handful_of_rows_is_measured_without_breaking(rows: int) -> None:
    assert found(a_spec(), rows_of(rows)).outcomes == rows


def test_a_version_as_good_as_its_floor_hardly_ever_alarms() -> None:
    spec = a_spec(performance={"metric": "accuracy"})
    reached = float((rows_of(40_000)["prediction"].to_numpy() == _truth(rows_of(40_000))).mean())
    alarms = sum(judged(spec, rows_of(200, seed=s), reached) is State.ALARM for s in range(80))
    assert alarms <= 6


def _truth(rows: pa.Table) -> Any:
    return rows["outcome"].to_numpy()


def test_slices_are_shown_with_wider_intervals_and_alarm_nobody() -> None:
    spec = a_spec(performance={"slices": ["job", "x"], "metric": "accuracy", "floor": 0.5})
    rows = rows_of(2000)
    one = found(spec, rows)
    assert {part.feature for part in one.slices} == {"job", "x"}
    assert sum(part.outcomes for part in one.slices if part.feature == "job") == 2000
    assert len([part for part in one.slices if part.feature == "x"]) == 4
    for part in one.slices:
        assert part.interval is not None
        assert part.reached is not None
        alone = 2 * 1.96 * np.sqrt(part.reached * (1 - part.reached) / part.outcomes)
        assert part.interval.high - part.interval.low > 1.2 * alone
    assert judge_bound(spec, one, 0.5, "floor").state is State.OK


def test_a_slice_of_a_few_rows_shows_no_number() -> None:
    spec = a_spec(performance={"slices": ["job"]})
    rows = rows_of(120)
    few = pa.concat_tables([rows.slice(0, 100), rows.slice(100, 20)])
    column = pa.array([{"x": 0.0, "job": "clerk" if n < 110 else "pilot"} for n in range(120)])
    sliced = few.set_column(few.column_names.index("features"), "features", column)
    parts = {part.value: part for part in found(spec, sliced).slices}
    assert parts["pilot"].reached is None
    assert parts["clerk"].reached is not None


def test_regressions_are_measured_by_their_own_metrics() -> None:
    spec = any_spec("regression")
    predicted = np.arange(200.0)
    rows = pa.table(
        {"prediction": predicted, "outcome": predicted + 3.0, "probabilities": pa.nulls(200)}
    )
    one = achieved(spec, 1, rows, 200, threshold=None, holdout={"rmse": 2.5})
    assert one.metrics["rmse"] == pytest.approx(3.0)
    assert one.holdout == {"rmse": 2.5}
    assert one.calibration is None


def test_a_label_the_model_does_not_know_counts_against_it() -> None:
    spec = any_spec("multiclass")
    pairs = [[("a", 0.9), ("b", 0.1)]] * 60
    rows = pa.table(
        {
            "prediction": ["a"] * 60,
            "probabilities": pa.array(pairs, pa.map_(pa.string(), pa.float64())),
            "outcome": ["a"] * 30 + ["c"] * 30,
        }
    )
    assert achieved(spec, 1, rows, 60, threshold=None, holdout={}).metrics["accuracy"] == 0.5


def test_a_version_worse_than_the_one_before_alarms() -> None:
    rows = rows_of(1000, said=lambda x: logistic(x / 4 - 1))
    told, verdict = beside_previous(a_spec(), 1, rows, 0.5, lambda: Answering(backwards))
    assert verdict.state is State.OK  # the one before is worse still
    spec = a_spec(performance={"metric": "log_loss"})
    told, verdict = beside_previous(spec, 1, rows, 0.5, lambda: Answering(logistic))
    assert verdict.state is State.ALARM
    assert told is not None
    assert told.difference is not None
    assert told.difference.value > 0


def test_a_version_as_good_as_the_one_before_does_not_alarm() -> None:
    _, verdict = beside_previous(a_spec(), 1, rows_of(1000), 0.5, lambda: Answering(logistic))
    assert verdict.state is State.OK


def test_a_world_that_has_become_harder_for_both_is_not_held_against_the_newer() -> None:
    noise = rows_of(1000, truth=lambda x: np.full(len(x), 0.5))
    _, verdict = beside_previous(a_spec(), 1, noise, 0.5, lambda: Answering(logistic))
    assert verdict.state is State.OK


def test_what_is_tolerated_does_not_alarm() -> None:
    rows = rows_of(1000, said=lambda x: logistic(x / 4 - 1))
    spec = a_spec(performance={"metric": "log_loss", "tolerance": 1.0})
    _, verdict = beside_previous(spec, 1, rows, 0.5, lambda: Answering(logistic))
    assert verdict.state is State.OK


def raising(error: Exception) -> Callable[[], Answering]:
    def load() -> Answering:
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NeedsPipelineRuntime("x"), "is a pipeline"),
        (ArtifactError("x"), "cannot be read"),
        (FileNotFoundError("x"), "cannot be read"),
        (ValueError("the data has no column age"), "the data has no column age"),
    ],
)
def test_a_previous_version_that_cannot_be_asked_is_named(error: Exception, told: str) -> None:
    found, verdict = beside_previous(a_spec(), 1, rows_of(500), 0.5, raising(error))
    assert found is None
    assert verdict.state is State.NOT_JUDGED
    assert told in verdict.sentence


def test_few_rows_are_not_compared_with_the_version_before() -> None:
    _, verdict = beside_previous(a_spec(), 1, rows_of(50), 0.5, raising(AssertionError()))
    assert verdict.state is State.NOT_ENOUGH


def test_rows_beyond_the_limit_are_thinned_evenly_and_always_the_same() -> None:
    one, other = Kept(100), Kept(100)
    numbers = pa.table({"n": range(1000)})
    one.add(numbers)
    for start in range(0, 1000, 7):
        other.add(numbers.slice(start, 7))
    kept = one.table()["n"].to_pylist()
    assert 50 <= len(kept) <= 100
    assert {later - sooner for sooner, later in pairwise(kept)} == {one.stride}
    assert one.seen == other.seen == 1000
    assert other.table()["n"].to_pylist() == kept


def test_of_no_rows_there_is_no_table() -> None:
    with pytest.raises(LookupError):
        Kept(5).table()
