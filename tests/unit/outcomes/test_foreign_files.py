"""Files that others put among captures and truth are named, and spoil nothing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from perennial.registry.layout import capture_key, truth_key

from tests.unit.outcomes.world import NUMBERS, SPEC, World, at

MS = pa.timestamp("ms", tz="UTC")
_BYTES = pa.Array.from_buffers(
    pa.string(),
    2,
    [None, pa.py_buffer(bytes([0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0])), pa.py_buffer(b"\xff\xfe")],
)
FOREIGN: dict[str, pa.Array] = {
    "integers": pa.array([1, 2]),
    "doubles": pa.array([1.5, float("nan")]),
    "texts": pa.array(["x", "y"]),
    "nulls": pa.nulls(2),
    "truths": pa.array([True, False]),
    "lists": pa.array([["a"], ["b"]]),
    "structs": pa.array([{"age": "x", "job": 1}, {"age": "y", "job": 2}]),
    "maps": pa.array([[("a", 1)], [("b", 2)]], pa.map_(pa.string(), pa.int64())),
    "a dictionary": pa.array(["yes", "no"]).dictionary_encode(),
    "bytes": pa.array([b"\xff", b"\xfe"]),
    "texts that are no UTF-8": _BYTES,
    "nanoseconds": pa.array([1_764_000_000_000_000_001, 2], pa.timestamp("ns")),
    "the end of time": pa.array([2**63 - 1, -(2**63) + 1], MS),
    "days": pa.array([1, 2], pa.date32()),
}
CAPTURE = ("prediction_id", "predicted_at", "entity_id", "role", "prediction", "features")
TRUTH = ("prediction_id", "entity_id", "predicted_at", "outcome", "observed_at", "received_at")


def a_capture(world: World) -> dict[str, pa.Array]:
    label: Any = 1.0 if world.text == NUMBERS else "yes"
    return {
        "prediction_id": pa.array(["a", "b"]),
        "predicted_at": pa.array([at(1), at(2)], MS),
        "entity_id": pa.array(["e", None]),
        "role": pa.array(["champion"] * 2),
        "prediction": pa.array([label] * 2),
        "features": pa.array([{"age": 1.0, "job": "x"}] * 2),
    }


def a_truth(world: World) -> dict[str, pa.Array]:
    label: Any = 1.0 if world.text == NUMBERS else "yes"
    return {
        "prediction_id": pa.array(["a", "b"]),
        "entity_id": pa.nulls(2, pa.string()),
        "predicted_at": pa.nulls(2, MS),
        "outcome": pa.array([label] * 2),
        "observed_at": pa.array([at(4)] * 2, MS),
        "received_at": pa.array([at(4)] * 2, MS),
    }


@pytest.fixture(params=[SPEC, NUMBERS], ids=["labels", "numbers"])
def world(request: pytest.FixtureRequest) -> World:
    """A prediction named by its id and one by its entity, both with their outcome."""
    world = World(request.param)
    label: Any = 1.0 if world.text == NUMBERS else "yes"
    world.predicted(3, "good", prediction=label)
    world.predicted(1, "whose", entity="somebody", prediction=label)
    world.came_true(4, [("good", label)], entities=[("somebody", 2, label)])
    return world


def joined_ids(world: World) -> set[str]:
    return {row["prediction_id"] for row in world.joined(features=None)}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("column", CAPTURE)
def test_a_capture_with_a_column_of_another_type_spoils_no_join(
    world: World, column: str, kind: str
) -> None:
    key = capture_key("bank", 3, "2026-11-21T14", "foreign")
    world._write(key, pa.table(a_capture(world) | {column: FOREIGN[kind]}))
    assert {"good", "whose"} <= joined_ids(world)


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("column", TRUTH)
def test_truth_with_a_column_of_another_type_spoils_no_join(
    world: World, column: str, kind: str
) -> None:
    key = truth_key("bank", "2026-11-21", "foreign")
    world._write(key, pa.table(a_truth(world) | {column: FOREIGN[kind]}))
    assert {"good", "whose"} <= joined_ids(world)


@pytest.mark.parametrize("column", ["observed_at", "received_at"])
def test_truth_whose_times_are_none_is_named(world: World, column: str) -> None:
    key = truth_key("bank", "2026-11-21", "foreign")
    world._write(key, pa.table(a_truth(world) | {column: FOREIGN["texts"]}))
    joined_ids(world)
    assert world.counts.damaged == 1
    assert [(one.uri.rpartition("/")[2], one.reason) for one in world.counts.left_out] == [
        ("foreign.parquet", "its columns are of other types than those of outcomes")
    ]


def test_outcomes_that_name_nothing_are_named_and_not_counted(world: World) -> None:
    before = (joined_ids(world), world.counts.outcomes)
    key = truth_key("bank", "2026-11-21", "foreign")
    world._write(key, pa.table(a_truth(world) | {"prediction_id": pa.nulls(2, pa.string())}))
    assert (joined_ids(world), world.counts.outcomes) == before
    assert "lack what an outcome must have" in world.counts.left_out[0].reason


@pytest.mark.parametrize("column", CAPTURE)
def test_a_capture_with_a_column_twice_is_named(world: World, column: str) -> None:
    columns = a_capture(world)
    table = pa.table([*columns.values(), columns[column]], names=[*columns, column])
    world._write(capture_key("bank", 3, "2026-11-21T14", "foreign"), table)
    assert joined_ids(world) == {"good", "whose"}
    assert "it has two columns of the same name" in {one.reason for one in world.counts.left_out}


@pytest.mark.parametrize("column", TRUTH)
def test_truth_with_a_column_twice_is_named(world: World, column: str) -> None:
    columns = a_truth(world)
    table = pa.table([*columns.values(), columns[column]], names=[*columns, column])
    world._write(truth_key("bank", "2026-11-21", "foreign"), table)
    assert joined_ids(world) == {"good", "whose"}
    assert world.counts.damaged == 1
