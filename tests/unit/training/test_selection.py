"""Columns are kept for what they add, and the reason is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from perennial.spec.engineering import Selection
from perennial.training.selection import judge, permuted
from perennial.training.split import TRAIN

from tests.unit.training.engineering_samples import (
    ENGINEERING,
    candidate,
    data_of,
    engineered_spec,
    rows_with_text,
)
from tests.unit.training.samples import a_spec, table, trained


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        ({"keep": 3}, 3),
        ({"at_least": 0.05}, None),
        ({"cumulative": 0.9}, None),
        ({"method": "permutation", "keep": 2, "protected": ["flag"]}, 3),
    ],
)
def test_columns_are_selected_and_the_reason_is_written_down(
    tmp_path: Path, selection: dict[str, Any], kept: int | None
) -> None:
    spec = engineered_spec(engineering=ENGINEERING | {"selection": selection})
    store, found = trained(tmp_path, spec, rows_with_text(500, "binary"))
    engine, _, _ = candidate(store)
    told = {one["column"]: one for one in found["selection"]}
    seen = [column.name for column in engine.encoder.columns]
    assert seen == [name for name, one in told.items() if one["kept"]]
    assert kept in (None, len(seen))
    assert 0 < len(seen) < len(told)
    assert all(one["reason"] for one in told.values())
    assert sum(one["importance"] for one in told.values()) == pytest.approx(1.0)
    golden = json.loads(engine.artifact.entries["golden.json"])
    assert [one.value for one in engine.predict(golden["rows"])] == [
        one["value"] for one in golden["expected"]
    ]
    assert len(golden["rows"][0]) == len(spec.features)


def test_selection_works_without_any_step(tmp_path: Path) -> None:
    spec = a_spec("binary", "linear", engineering={"selection": {"keep": 2}})
    store, _ = trained(tmp_path, spec, table(400, "binary"))
    engine, _, _ = candidate(store)
    assert len(engine.encoder) == 2
    assert len(engine.encoder.features) == 5


def columns_named(*names: str) -> tuple[Any, ...]:
    from perennial.features.schema import FeatureSchema

    return tuple(FeatureSchema(name, "number") for name in names)


def test_verdicts_follow_the_measure_that_is_asked_for() -> None:
    columns, gains = columns_named("a", "b", "c", "d"), np.array([6.0, 3.0, 1.0, 0.0])
    asked = {
        "keep": Selection(keep=1, protected=("c",)),
        "share": Selection(at_least=0.3),
        "together": Selection(cumulative=0.9),
        "all": Selection(cumulative=1.0),
        "none": Selection(at_least=0.9),
    }
    kept = {
        name: "".join(one.column for one in judge(columns, gains, one_asked) if one.kept)
        for name, one_asked in asked.items()
    }
    assert kept == {"keep": "ac", "share": "ab", "together": "ab", "all": "abc", "none": "a"}
    assert judge(columns, gains, asked["keep"])[2].reason.startswith("protected")


def test_columns_that_add_nothing_leave_the_first() -> None:
    judged = judge(columns_named("a", "b"), np.array([0.0, -1.0]), Selection(cumulative=0.5))
    assert [one.column for one in judged if one.kept] == ["a"]


def test_shuffling_a_column_that_decides_costs_most(tmp_path: Path) -> None:
    from perennial.training.algorithms import fit
    from perennial.training.run import silent

    spec = a_spec("regression", parameters={"num_boost_round": 40})
    data = data_of(tmp_path, spec, table(600, "regression"))
    fitted = fit(data, seed=0, threads=1, progress=silent)
    losses = permuted(data, fitted, seed=0)
    names = [column.name for column in data.encoder.columns]
    assert {names[place] for place in np.argsort(-losses)[:2]} <= {"number", "kind", "count"}
    assert np.array_equal(losses, permuted(data, fitted, seed=0))


def test_fewer_columns_are_the_same_columns(tmp_path: Path) -> None:
    data = data_of(tmp_path, engineered_spec(), rows_with_text(300, "binary"))
    names = [column.name for column in data.encoder.columns]
    kept = ["kind_target", "count"]
    fewer = data.keeping(kept)
    places = [names.index(name) for name in ("count", "kind_target")]
    assert np.array_equal(fewer.matrix(TRAIN), data.matrix(TRAIN)[:, places])
    for _ in fewer.encoding():
        pass
    assert np.array_equal(fewer.matrix(TRAIN), data.matrix(TRAIN)[:, places])
