"""Drift whose verdict can be trusted: found where it is, and not where it is not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perennial.data.profile import ColumnProfile
from perennial.monitoring.drift import DriftFindings, judge_drift
from perennial.monitoring.quality import judge_quality
from perennial.monitoring.record import State
from perennial.monitoring.reference import Reference
from perennial.monitoring.window import DataWindow
from perennial.spec.monitoring import CategoryTest, Drift, NumberTest, Quality

from tests.unit.monitoring.samples import Column, batch, feature, numbers, reference, window

ALONE = Drift(multivariate=False)


def random_columns(random: np.random.Generator, rows: int) -> dict[str, Column]:
    names = np.array([f"L{n}" for n in range(20)])
    weights = 1 / np.arange(1, 21)
    return {
        "normal": random.normal(size=rows),
        "heavy": random.standard_t(2, rows),
        "amount": random.lognormal(size=rows),
        "count": random.poisson(3, rows),
        "often_zero": np.where(random.random(rows) < 0.7, 0.0, random.exponential(5, rows)),
        "label": names[random.choice(20, rows, p=weights / weights.sum())].tolist(),
        "answer": np.where(random.random(rows) < 0.1, "yes", "no").tolist(),
    }


@pytest.mark.parametrize(("held", "seen"), [(150, 150), (5_000, 100), (1_000, 1_000)])
def test_without_drift_next_to_no_report_alarms(held: int, seen: int) -> None:
    """At most 2 of 80: a probability of 0.006 brings that many in 98 of 100 such tests."""
    random = np.random.default_rng(3)
    alarms = 0
    for number in range(80):
        if number % 4 == 0:
            training = reference(random_columns(random, held))
        found = window(training, random_columns(random, seen))
        drift = judge_drift(found, ALONE)
        quality = judge_quality(found, Quality(), ALONE.false_alarms)
        states = [*(one.state for one in drift.verdicts.values()), quality.verdict.state]
        alarms += State.ALARM in states
    assert alarms <= 2


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("normal", lambda values: values + 0.2),
        ("normal", lambda values: values * 1.25),
        ("heavy", lambda values: values + 0.3),
        ("amount", lambda values: values * 1.2),
        ("count", lambda values: values + (np.arange(len(values)) % 4 == 0)),
        ("often_zero", lambda values: np.where(np.arange(len(values)) % 8 == 0, 0.0, values)),
        ("label", lambda values: ["L3" if n % 15 == 0 else v for n, v in enumerate(values)]),
        ("label", lambda values: ["new" if n % 50 == 0 else v for n, v in enumerate(values)]),
        ("answer", lambda values: ["yes" if n % 25 == 0 else v for n, v in enumerate(values)]),
    ],
)
def test_one_feature_that_moved_is_found_among_those_that_did_not(
    name: str, change: object
) -> None:
    assert callable(change)
    random = np.random.default_rng(4)
    held = reference(random_columns(random, 8_000))
    columns = random_columns(random, 4_000)
    columns[name] = change(columns[name])
    found = judge_drift(window(held, columns), ALONE)
    assert [one.name for one in found.features if one.drifted] == [name]
    assert found.features[0].name == name
    assert found.verdicts["drift"].state is State.ALARM
    assert name in found.verdicts["drift"].sentence


def test_a_tenth_of_a_deviation_is_found_in_five_thousand_rows_more_often_than_not() -> None:
    random = np.random.default_rng(5)
    found = 0
    for _ in range(40):
        held = reference(random_columns(random, 5_000))
        columns = random_columns(random, 5_000)
        columns["normal"] = np.asarray(columns["normal"]) + 0.1
        judged = judge_drift(window(held, columns), ALONE)
        found += feature(judged.features, "normal").drifted
    assert found >= 28


@pytest.mark.parametrize("test", NumberTest)
def test_numbers_alarm_by_any_statistic_and_not_below_what_matters(test: NumberTest) -> None:
    random = np.random.default_rng(6)
    training = {"x": random.normal(size=50_000)}
    held = reference(training)
    moved = {"x": random.normal(0.3, 1, 20_000)}
    still = {"x": random.normal(size=20_000)}
    spec = Drift(numbers=test, multivariate=False)
    assert judge_drift(window(held, moved), spec).features[0].drifted
    assert not judge_drift(window(held, still), spec).features[0].drifted
    demanding = Drift(numbers=test, minimum_effect=0.9, multivariate=False)
    found = judge_drift(window(held, moved), demanding).features[0]
    assert not found.drifted
    assert found.p_value is not None
    assert found.p_value < 1e-6


@pytest.mark.parametrize("test", CategoryTest)
def test_labels_alarm_by_any_statistic(test: CategoryTest) -> None:
    random = np.random.default_rng(7)
    held = reference({"x": random.choice(list("abcd"), 20_000).tolist()})
    spec = Drift(categories=test, multivariate=False)
    same = {"x": random.choice(list("abcd"), 5_000).tolist()}
    other = {"x": random.choice(list("abcda"), 5_000).tolist()}
    assert not judge_drift(window(held, same), spec).features[0].drifted
    assert judge_drift(window(held, other), spec).features[0].drifted


def test_the_effect_of_a_shift_is_in_deviations_of_the_reference() -> None:
    random = np.random.default_rng(8)
    held = reference({"x": random.normal(50, 10, 200_000)})
    for shift in (0.1, 0.5, 3.0, 20.0):
        found = judge_drift(window(held, {"x": random.normal(50 + 10 * shift, 10, 50_000)}), ALONE)
        assert found.features[0].effect == pytest.approx(shift, rel=0.08, abs=0.01)


def test_a_difference_too_small_to_matter_does_not_alarm_however_sure_it_is() -> None:
    random = np.random.default_rng(9)
    held = reference({"x": random.normal(size=400_000)})
    found = judge_drift(window(held, {"x": random.normal(0.025, 1, 400_000)}), ALONE).features[0]
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert not found.drifted


def test_features_that_no_longer_go_together_are_found_though_none_moved() -> None:
    random = np.random.default_rng(10)

    def columns(together: float) -> dict[str, Column]:
        found = random_columns(random, 6_000)
        heavy = np.asarray(random.normal(size=6_000))
        found["normal"] = together * heavy + math.sqrt(1 - together**2) * random.normal(size=6_000)
        found["other"] = heavy
        return found

    held = reference(columns(0.0))
    found = judge_drift(window(held, columns(0.5)), Drift())
    assert not [one.name for one in found.features if one.drifted]
    assert found.verdicts["multivariate"].state is State.ALARM
    assert found.auc is not None
    assert found.auc > 0.55
    same = judge_drift(window(held, columns(0.0)), Drift())
    assert same.verdicts["multivariate"].state is State.OK


def test_predictions_that_moved_alarm_by_themselves() -> None:
    random = np.random.default_rng(11)
    held = reference({"x": random.normal(size=2_000)}, random.random(2_000))
    moved = window(held, {"x": random.normal(size=2_000)}, random.beta(2, 3, 2_000))
    found = judge_drift(moved, ALONE)
    assert found.verdicts["prediction_drift"].state is State.ALARM
    assert found.verdicts["drift"].state is State.OK


def test_what_moved_and_matters_to_the_model_comes_first() -> None:
    random = np.random.default_rng(12)
    held = reference({name: random.normal(size=3_000) for name in "abc"})
    held = replace(held, importances={"a": 0.05, "b": 0.9, "c": 0.05})
    columns: dict[str, Column] = {name: random.normal(0.5, 1, 3_000) for name in "ab"}
    columns["c"] = random.normal(size=3_000)
    found = judge_drift(window(held, columns), ALONE)
    assert [one.name for one in found.features] == ["b", "a", "c"]
    assert found.features[0].score is not None
    assert found.features[0].score > 10 * (found.features[1].score or 0.0)


def test_too_few_rows_are_no_verdict() -> None:
    random = np.random.default_rng(13)
    held = reference({"x": random.normal(size=2_000)})
    found = judge_drift(window(held, {"x": random.normal(9, 1, 99)}), Drift())
    assert {found.verdicts[name].state for name in ("drift", "multivariate")} == {State.NOT_ENOUGH}
    assert not found.features[0].judged
    assert "100" in found.verdicts["drift"].sentence


def test_too_little_training_data_is_no_verdict_either() -> None:
    held = reference({"x": np.arange(50.0)})
    found = judge_drift(window(held, {"x": np.arange(5_000.0)}), Drift())
    assert found.verdicts["drift"].state is State.NOT_ENOUGH


def test_excluded_features_and_times_are_shown_and_alarm_nobody() -> None:
    random = np.random.default_rng(14)
    held = reference({name: random.normal(size=2_000) for name in "abc"})
    held = replace(held, moving=frozenset("b"))
    columns: dict[str, Column] = {name: random.normal(3, 1, 2_000) for name in "ab"}
    columns["c"] = random.normal(size=2_000)
    found = judge_drift(window(held, columns), Drift(exclude=("a",)))
    assert found.verdicts["drift"].state is State.OK
    assert found.verdicts["multivariate"].state is State.OK
    assert not any(feature(found.features, name).judged for name in "ab")
    assert (feature(found.features, "a").effect or 0) > 1


def test_rare_labels_that_come_and_go_are_no_drift() -> None:
    """Each sample of a long tail has labels of its own, as identifiers do."""
    random = np.random.default_rng(15)

    def many(rows: int, levels: int) -> dict[str, Column]:
        return {"x": [f"user-{n}" for n in random.integers(0, levels, rows)]}

    for levels in (150, 1_000, 20_000):
        for held, seen in ((400, 2_000), (5_000, 5_000)):
            found = window(reference(many(held, levels)), many(seen, levels))
            judged = judge_drift(found, ALONE)
            assert judged.verdicts["drift"].state is not State.ALARM, (levels, held)


def test_a_shift_among_very_many_labels_is_found() -> None:
    random = np.random.default_rng(16)
    held = reference({"x": [f"user-{n}" for n in random.integers(0, 3_000, 20_000)]})
    found = window(held, {"x": [f"user-{n}" for n in random.integers(0, 800, 20_000)]})
    assert judge_drift(found, ALONE).verdicts["drift"].state is State.ALARM


def test_an_older_profile_that_lists_not_all_labels_is_not_judged_by() -> None:
    random = np.random.default_rng(17)
    held = reference({"x": [f"user-{n}" for n in random.integers(0, 3_000, 20_000)]})
    old = held.features["x"].model_copy(update={"hashed": None})
    found = window(replace(held, features={"x": old}), {"x": ["user-1"] * 500})
    judged = judge_drift(found, ALONE)
    assert judged.verdicts["drift"].state is State.NOT_ENOUGH
    assert "does not list all labels" in judged.features[0].sentence


def test_a_constant_that_begins_to_vary_is_found() -> None:
    random = np.random.default_rng(18)
    found = judge_drift(window(reference({"x": [5.0] * 500}), {"x": random.random(500)}), ALONE)
    assert found.features[0].drifted


def test_without_any_reference_nothing_is_judged_and_nothing_fails() -> None:
    found = window(Reference({}), {"x": [1.0, 2.0]})
    drift = judge_drift(found, Drift())
    assert {one.state for one in drift.verdicts.values()} == {State.NOT_JUDGED}
    assert judge_quality(found, Quality(), 0.005).verdict.state is State.NOT_JUDGED


def finite(found: DriftFindings) -> bool:
    values = [
        value
        for one in (*found.features, *([found.prediction] if found.prediction else []))
        for value in (one.effect, one.p_value, one.score)
        if value is not None
    ]
    return all(math.isfinite(value) for value in values)


VALUES = st.one_of(
    st.none(), st.floats(), st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, 2.0**53])
)
TEXTS = st.one_of(st.none(), st.sampled_from(["a", "b", "True", "1.0", "", "\u00e9\U0001f600"]))


@settings(max_examples=60)
@given(
    st.lists(VALUES, max_size=8).map(lambda found: found * 40),
    st.lists(VALUES, max_size=8).map(lambda found: found * 40),
    st.lists(TEXTS, min_size=1, max_size=8),
    st.lists(TEXTS, min_size=1, max_size=8),
)
def test_no_values_whatever_make_a_report_fail(
    held: list[float | None],
    seen: list[float | None],
    labels_held: list[str | None],
    labels_seen: list[str | None],
) -> None:
    training: dict[str, Column] = {
        "x": pa.array(held, pa.float64()),
        "c": pa.array((labels_held * (len(held) + 1))[: len(held)], pa.string()),
    }
    if not len(held):
        profiles: dict[str, ColumnProfile] = {"x": numbers([])}
        known = Reference(profiles)
    else:
        known = reference({"x": held, "c": training["c"].to_pylist()})  # type: ignore[union-attr]
        known = replace(known, sample=pa.table(training))
    rows: dict[str, Column] = {
        "x": pa.array(seen, pa.float64()),
        "c": pa.array((labels_seen * (len(seen) + 1))[: len(seen)], pa.string()),
    }
    found = window(known, rows)
    spec = Drift(minimum_rows=30)
    assert finite(judge_drift(found, spec))
    quality = judge_quality(found, Quality(), 0.005)
    assert all(math.isfinite(one.p_value) for one in quality.flaws)


@settings(max_examples=8)
@given(st.integers(0, 600))
def test_neither_the_order_of_rows_nor_how_they_are_cut_changes_what_is_found(
    cut: int,
) -> None:
    random = np.random.default_rng(19)
    held = reference(random_columns(random, 800))
    whole = batch(random_columns(random, 600))
    order = np.random.default_rng(cut).permutation(600)
    shuffled = pa.RecordBatch.from_struct_array(whole.to_struct_array().take(pa.array(order)))
    at_once, first, second = DataWindow(held), DataWindow(held), DataWindow(held)
    at_once.add(whole)
    first.add(shuffled.slice(0, cut))
    second.add(shuffled.slice(cut))
    first.merge(second)
    one, other = judge_drift(at_once, Drift()), judge_drift(first, Drift())
    assert one.verdicts == other.verdicts
    for mine, theirs in zip(one.features, other.features, strict=True):
        assert mine.name == theirs.name
        assert mine.effect == pytest.approx(theirs.effect)
        assert mine.p_value == pytest.approx(theirs.p_value)
