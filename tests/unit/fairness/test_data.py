"""A column that only says who a row is about: kept for comparison, and never seen elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from perennial.data.problems import ProblemKind
from perennial.outcomes.training_file import why_not
from perennial.registry import layout
from perennial.serving.artifact import digest_of, load_artifact
from perennial.spec import ModelSpec

from tests.unit.data.loans import HEADER, rows, run, spec, text
from tests.unit.fairness.people import a_spec, people
from tests.unit.training.samples import RUN, trained


def with_origin(**given: object) -> ModelSpec:
    return spec(excluded=["origin"], fairness={"columns": ["origin"], **given})


def a_file(*values: str) -> str:
    """Rows whose origins repeat the given values."""
    body = [[*row, values[place % len(values)]] for place, row in enumerate(rows(60))]
    return text(body, [*HEADER, "origin"])


def test_it_is_kept_in_the_dataset_and_in_nothing_else(tmp_path: Path) -> None:
    found = run(a_file("north", "south", ""), tmp_path, with_origin())
    assert found.accepted, found.reason
    assert found.snapshot is not None
    assert found.profile is not None
    kept = pq.read_table(found.snapshot.path)
    assert kept["origin"].to_pylist()[:3] == ["north", "south", None]
    assert "origin" not in found.profile.features
    assert found.snapshot.sample is not None
    assert "origin" not in found.snapshot.sample.column_names


def test_without_the_section_it_is_not_read_at_all(tmp_path: Path) -> None:
    found = run(a_file("north"), tmp_path, spec(excluded=["origin"]))
    assert found.snapshot is not None
    assert "origin" not in pq.read_schema(found.snapshot.path).names


def test_a_file_without_it_is_refused(tmp_path: Path) -> None:
    found = run(text(), tmp_path, with_origin())
    assert not found.accepted
    assert found.reason == "column 'origin' is missing from the file"


@pytest.mark.parametrize("value", ["", "north"])
def test_one_value_or_none_is_survived(value: str, tmp_path: Path) -> None:
    assert run(a_file(value), tmp_path, with_origin()).accepted


def test_what_is_wrong_in_it_is_told_without_its_values(tmp_path: Path) -> None:
    found = run(a_file("12", "secret"), tmp_path, with_origin(bins={"origin": [10]}))
    assert not found.accepted
    (problem,) = found.errors
    assert (problem.column, problem.kind) == ("origin", ProblemKind.WRONG_TYPE)
    assert all(example.value is None for example in problem.examples)


def test_the_model_never_sees_it(tmp_path: Path) -> None:
    data = people(400)
    data = data.append_column("origin", data["sex"].combine_chunks())
    section = {"columns": ["origin"], "show_groups": True}
    asked = a_spec(excluded=["origin"], fairness=section, parameters={"num_boost_round": 5})
    plain = a_spec(parameters={"num_boost_round": 5})
    for name in ("asked", "plain"):
        (tmp_path / name).mkdir()
    store, _ = trained(tmp_path / "asked", asked, data)
    other, _ = trained(tmp_path / "plain", plain, data)
    mine, theirs = (one.read(RUN + layout.CANDIDATE) for one in (store, other))
    with_it, without = (load_artifact(one, digest_of(one)) for one in (mine, theirs))
    assert with_it.entries["model.ubj"] == without.entries["model.ubj"]
    assert with_it.entries["golden.json"] == without.entries["golden.json"]
    assert b"origin" not in mine
    found = json.loads(store.read(RUN + layout.FAIRNESS))
    assert [one["labels"] for one in found["groupings"][0]["groups"]] == [
        ["f"],
        ["m"],
        ["no value"],
    ]


def test_no_training_file_is_made_of_predictions_that_lack_it() -> None:
    told = why_not(with_origin())
    assert told is not None
    assert told.startswith("'origin' of predictions is not kept (sensitive, no feature, or in")
    assert why_not(spec()) is None
