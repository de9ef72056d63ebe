"""What was predicted meets what came true of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perennial.outcomes.columns import outcome_type
from perennial.outcomes.join import Span, joined, joined_schema
from perennial.registry.layout import truth_key, uri

from tests.unit.outcomes.world import HOURS, NUMBERS, START, World, at


@pytest.fixture
def world() -> World:
    return World()


def test_a_prediction_meets_its_outcome(world: World) -> None:
    world.predicted(0, "a", "b", entity="e", prediction="no", age=41.0)
    world.came_true(30, [("a", "yes")], observed=20)
    (row,) = world.joined(features=["age"])
    assert row["prediction_id"] == "a"
    assert (row["prediction"], row["outcome"], row["version"]) == ("no", "yes", 3)
    assert (row["predicted_at"], row["observed_at"], row["received_at"]) == (at(0), at(20), at(30))
    assert (row["entity_id"], row["role"], row["features"]) == ("e", "champion", {"age": 41.0})
    assert (world.counts.predictions, world.counts.matched, world.counts.outcomes) == (2, 1, 1)


def test_batches_have_the_schema_that_is_promised(world: World) -> None:
    world.predicted(0, "a")
    world.came_true(30, [("a", "yes")])
    for features in ((), ("age",), None):
        (batch,) = joined(world.files, "data", world.spec, HOURS, features=features)
        assert batch.schema == joined_schema(world.spec, features)


def test_numbers_are_joined_as_they_are() -> None:
    world = World(NUMBERS)
    world.predicted(0, "a", "b", "c", prediction=1.0)
    world.came_true(1, [("a", 0.1), ("b", -0.0), ("c", 1e300)])
    assert world.outcomes() == {"a": 0.1, "b": 0.0, "c": 1e300}


def test_outcomes_may_come_in_any_order_and_any_file(world: World) -> None:
    for minutes, name in ((0, "a"), (70, "b"), (130, "c")):
        world.predicted(minutes, name)
    for minutes, name in ((135, "c"), (5, "a"), (100, "b")):
        world.came_true(minutes, [(name, "yes")])
    assert set(world.outcomes()) == {"a", "b", "c"}


def test_an_outcome_within_the_window_counts_and_a_later_one_is_late(world: World) -> None:
    world.predicted(0, "in", "out")
    world.came_true(120, [("in", "yes")])
    world.came_true(120.1, [("out", "yes")])
    assert world.outcomes() == {"in": "yes"}
    assert world.counts.late == 1


def test_a_correction_replaces_what_was_said_before(world: World) -> None:
    world.predicted(0, "a", "b")
    world.came_true(10, [("a", "yes"), ("b", "yes")])
    world.came_true(20, [("a", "no")])
    assert world.outcomes() == {"a": "no", "b": "yes"}
    assert (world.counts.corrections, world.counts.repeated, world.counts.conflicts) == (1, 1, 0)


def test_the_later_observation_wins_whenever_it_came_in(world: World) -> None:
    world.predicted(0, "a")
    world.came_true(10, [("a", "no")], observed=9)
    world.came_true(20, [("a", "yes")], observed=5)
    assert world.outcomes() == {"a": "no"}


def test_the_same_outcome_twice_counts_once(world: World) -> None:
    world.predicted(0, "a")
    for _ in range(3):
        world.came_true(10, [("a", "yes")])
    assert world.outcomes() == {"a": "yes"}
    assert (world.counts.matched, world.counts.repeated, world.counts.corrections) == (1, 2, 0)


def test_outcomes_that_contradict_each_other_at_the_same_time_are_left_out(world: World) -> None:
    world.predicted(0, "a", "b")
    world.came_true(10, [("a", "yes"), ("a", "no"), ("b", "yes")])
    assert world.outcomes() == {"b": "yes"}
    assert (world.counts.conflicts, world.counts.matched) == (1, 1)


def test_a_conflict_ends_with_a_later_word(world: World) -> None:
    world.predicted(0, "a")
    world.came_true(10, [("a", "yes"), ("a", "no")])
    world.came_true(11, [("a", "no")])
    assert world.outcomes() == {"a": "no"}
    assert (world.counts.conflicts, world.counts.corrections) == (0, 1)


def test_outcomes_of_unknown_predictions_are_counted_as_orphans(world: World) -> None:
    world.predicted(125, "a")
    world.came_true(130, [("a", "yes"), ("unknown", "yes")])
    assert world.outcomes() == {"a": "yes"}
    assert (world.counts.orphans, world.counts.elsewhere) == (1, 0)


def test_an_outcome_whose_prediction_may_be_older_than_the_span_is_no_orphan(world: World) -> None:
    world.came_true(30, [("unknown", "yes")])
    world.joined()
    assert (world.counts.orphans, world.counts.elsewhere) == (0, 1)
    world.came_true(130, [("unknown", "yes")])
    world.joined(versions=[3])
    assert (world.counts.orphans, world.counts.elsewhere) == (0, 1)


def test_what_a_shadow_said_is_joined_as_well(world: World) -> None:
    world.predicted(0, "a", prediction="no")
    world.predicted(0, "a", version=4, role="shadow", prediction="yes")
    world.came_true(10, [("a", "yes")])
    found = {(row["version"], row["role"], row["prediction"]) for row in world.joined()}
    assert found == {(3, "champion", "no"), (4, "shadow", "yes")}
    assert (world.counts.matched, world.counts.joined) == (1, 2)
    assert {row["version"] for row in world.joined(roles=["champion", "challenger"])} == {3}


def test_only_outcomes_that_came_in_when_asked_for_are_joined(world: World) -> None:
    world.predicted(0, "a", "b")
    world.came_true(10, [("a", "yes")])
    world.came_true(40, [("b", "yes")])
    assert world.outcomes(arrived=Span(at(30), at(60))) == {"b": "yes"}


def test_an_outcome_of_an_entity_belongs_to_its_last_prediction_before(world: World) -> None:
    for minutes, name in ((0, "a"), (10, "b"), (20, "c")):
        world.predicted(minutes, name, entity="e")
    world.predicted(14, "other", entity="f")
    world.came_true(30, entities=[("e", 15, "yes")])
    assert world.outcomes() == {"b": "yes"}


def test_an_outcome_at_the_very_moment_belongs_to_that_prediction(world: World) -> None:
    world.predicted(10, "a", entity="e")
    world.came_true(30, entities=[("e", 10, "yes")])
    assert world.outcomes() == {"a": "yes"}


def test_an_entity_without_a_prediction_is_an_orphan(world: World) -> None:
    world.predicted(130, "a", entity="e")
    world.came_true(140, entities=[("e", 129, "yes"), ("nobody", 135, "no")])
    assert world.outcomes() == {}
    assert world.counts.orphans == 2


def test_an_entity_and_a_prediction_may_name_the_same_one(world: World) -> None:
    world.predicted(0, "a", entity="e")
    world.came_true(10, [("a", "yes")])
    world.came_true(20, entities=[("e", 5, "no")])
    assert world.outcomes() == {"a": "no"}
    assert world.counts.corrections == 1


def test_outcomes_of_another_type_than_today_are_counted(world: World) -> None:
    world.predicted(0, "a", prediction="1")
    world.came_true(10, [("a", "yes")])
    world.text = NUMBERS
    assert world.joined() == []
    assert world.counts.wrong_type == 1
    assert any("another type" in one.reason for one in world.counts.left_out)


def test_an_outcome_from_the_future_is_counted_and_left_out(world: World) -> None:
    world.predicted(0, "a", "b")
    world.came_true(10, [("a", "yes")], observed=60)
    world.came_true(10, [("b", "yes")], observed=14)  # clocks differ by some minutes
    assert world.outcomes() == {"b": "yes"}
    assert world.counts.future == 1


def test_a_damaged_file_of_truth_is_named_and_the_others_are_read(world: World) -> None:
    world.predicted(0, "a")
    world.came_true(10, [("a", "yes")])
    broken = uri("data", truth_key("bank", f"{START:%Y-%m-%d}", "broken"))
    for body in (b"", b"half", b"PAR1" + bytes(50) + b"PAR1"):
        world.files.write(broken, body, "x/y")
        assert world.outcomes() == {"a": "yes"}
        assert world.counts.damaged == 1
        assert world.counts.left_out[0].uri == broken


def test_nothing_predicted_or_nothing_known_joins_to_nothing(world: World) -> None:
    assert world.joined() == []
    world.predicted(0, "a")
    assert world.joined() == []
    assert world.counts.predictions == 1


Said = tuple[int, int, int, str]  # prediction, observed, received, outcome
said = st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3), st.sampled_from("xyz"))


@settings(max_examples=40)
@given(st.lists(st.lists(said, max_size=6), max_size=6))
def test_however_outcomes_are_cut_into_files_the_last_word_counts(files: list[list[Said]]) -> None:
    world = World()
    world.text = world.text.replace("task: binary", "task: multiclass")
    world.text = world.text.replace('positive_class: "yes"\n', "")
    world.predicted(0, *map(str, range(5)))
    for file in files:
        for prediction, observed, received, value in file:
            minutes = 10 + received
            world.came_true(minutes, [(str(prediction), value)], observed=5 + observed)
    assert world.outcomes() == _expected([one for file in files for one in file])


def _expected(everything: list[Said]) -> dict[str, str]:
    """The same, one by one."""
    found: dict[str, str] = {}
    for prediction in {one[0] for one in everything}:
        ours = [one for one in everything if one[0] == prediction]
        last = max(one[1:3] for one in ours)
        values = {one[3] for one in ours if one[1:3] == last}
        if len(values) == 1:
            found[str(prediction)] = values.pop()
    return found


asked = st.tuples(st.sampled_from("ef"), st.integers(0, 20))


@settings(max_examples=60)
@given(st.lists(asked, max_size=12), st.lists(asked, max_size=6, unique=True))
def test_entities_are_resolved_as_one_by_one(made: list[Any], true: list[Any]) -> None:
    world = World()
    for entity, minute in set(made):
        world.predicted(minute, f"{entity}{minute}", entity=entity)
    world.came_true(60, entities=[(entity, minute, "yes") for entity, minute in true])
    expected = set()
    for entity, minute in true:
        before = [when for whom, when in made if whom == entity and when <= minute]
        expected |= {f"{entity}{max(before)}"} if before else set()
    assert set(world.outcomes()) == expected


def test_a_span_of_hours_reads_only_its_own(world: World) -> None:
    world.predicted(0, "a")
    world.predicted(60, "b")
    world.came_true(70, [("a", "yes"), ("b", "no")])
    second = Span(START + timedelta(hours=1), START + timedelta(hours=2))
    assert world.outcomes(predicted=second) == {"b": "no"}
    assert world.counts.elsewhere == 1


def test_outcomes_are_typed_as_the_target_is() -> None:
    assert str(outcome_type(World().spec)) == "string"
    assert str(outcome_type(World(NUMBERS).spec)) == "double"
