"""Two runs side by side: everything that differs is told, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from perennial.provenance.changes import Change, changes
from perennial.provenance.comparison import compare, verdict
from perennial.provenance.comparison_page import comparison_page
from perennial.provenance.paired import Pairing, pair
from perennial.provenance.shifts import shifts
from perennial.provenance.side import Side, read_side
from perennial.registry import layout
from perennial.registry.records import RunStatus
from perennial.training.run import train

from cli.retraining import Folder
from tests.fakes.records import a_run
from tests.unit.provenance.samples import LOCK
from tests.unit.training.samples import a_spec, put_job, table

NO_PAIR = Pairing("roc_auc", None, 0, "nobody looked")


def trained(folder: Path, run_id: str, parameters: dict[str, Any], **given: Any) -> Side:
    """A run that trained and, as far as a comparison reads it, was evaluated."""
    store: Any = Folder(folder)
    seed, rows = given.pop("split_seed", 0), given.pop("rows", 400)
    job = put_job(store, a_spec("binary", parameters=parameters), table(rows, "binary"), seed=seed)
    job = job.model_copy(update={"run_id": run_id})
    place = "s3://data/" + layout.run_prefix("m", run_id)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    train(job, place, store, work, threads=1, lock=LOCK)
    evaluation = {
        "primary_metric": "roc_auc",
        "algorithm": "xgboost",
        "champion": None,
        "intervals": {"roc_auc": {"low": 0.7, "high": 0.9}},
        "gate_results": [{"passed": True, "sentence": "roc_auc is good"}],
    }
    store.write(place + layout.EVALUATION_JSON, json.dumps(evaluation | given).encode(), "")
    run = a_run(run_id, model="m", status=RunStatus.SUCCEEDED, dataset_digest=job.dataset.digest)
    side = read_side(replace(run, seconds={"TrainModel": 60.0}), "data", store)
    return replace(side, run=replace(side.run, metrics={"roc_auc": 0.8, "log_loss": 0.5}))


def test_a_paired_difference_has_an_interval_when_both_held_out_the_same_rows(
    tmp_path: Path,
) -> None:
    one = trained(tmp_path, "a" * 32, {"num_boost_round": 1, "max_depth": 1})
    other = trained(tmp_path, "b" * 32, {"num_boost_round": 40})
    store: Any = Folder(tmp_path)
    found = pair(one, other, "data", store)
    assert found.difference is not None
    assert found.difference.interval is not None
    assert found.difference.interval.low > 0  # more trees are better here, beyond chance
    assert found.rows == 80
    told = verdict(found, one.name, other.name)
    assert told.endswith(f"{other.name} is better.")
    back = pair(other, one, "data", store)
    assert back.difference is not None
    assert back.difference.value == pytest.approx(-found.difference.value)
    assert verdict(back, other.name, one.name).endswith(f"{other.name} is better.")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"split_seed": 5}, "divided in another way"),
        ({"rows": 401}, "datasets are not the same"),
    ],
)
def test_other_held_out_rows_are_not_compared_row_by_row(
    tmp_path: Path, given: dict[str, Any], why: str
) -> None:
    one = trained(tmp_path, "a" * 32, {"num_boost_round": 3})
    other = trained(tmp_path, "b" * 32, {"num_boost_round": 3}, **given)
    store: Any = Folder(tmp_path)
    found = pair(one, other, "data", store)
    assert found.difference is None
    assert why in found.note
    assert why in verdict(found, one.name, other.name)


def test_what_an_evaluation_found_about_the_champion_is_taken() -> None:
    bounds = {"value": 0.02, "interval": {"low": -0.01, "high": 0.05}}
    champion = {"name": "champion, version 3", "rows": 90, "difference": bounds}
    third = Side(a_run("a", version=3))
    fourth = Side(
        a_run("b", version=4), evaluation={"primary_metric": "roc_auc", "champion": champion}
    )
    store: Any = None  # nothing is read
    found = pair(third, fourth, "data", store)
    assert found.difference is not None
    assert (found.difference.value, found.rows) == (0.02, 90)
    assert "open" in verdict(found, third.name, fourth.name)
    back = pair(fourth, third, "data", store)
    assert back.difference is not None
    assert back.difference.interval is not None
    assert (back.difference.value, back.difference.interval.low) == (-0.02, -0.05)


def test_a_run_that_was_never_evaluated_is_compared_as_far_as_it_came(tmp_path: Path) -> None:
    one = trained(tmp_path, "a" * 32, {"num_boost_round": 3})
    failed = Side(a_run("b" * 32, model="m", status=RunStatus.FAILED, reason="broke"))
    store: Any = Folder(tmp_path)
    paired = pair(one, failed, "data", store)
    assert "was not evaluated" in paired.note
    found = compare(one, failed, paired)
    assert found.second["reason"] == "broke"
    assert comparison_page(found).count("run aaaaaaaaaaaa")


def test_everything_that_differs_is_told(tmp_path: Path) -> None:
    one = trained(tmp_path, "a" * 32, {"num_boost_round": 3, "max_depth": 2})
    other = trained(tmp_path, "b" * 32, {"num_boost_round": 3, "max_depth": 4})
    other = replace(
        other,
        run=replace(other.run, metrics={"roc_auc": 0.9, "log_loss": 0.6}),
        receipt=other.receipt | {"python": "3.9", "threads": 1},
        profile={"rows": 5},
    )
    found = compare(one, other, NO_PAIR)
    assert [change for change in found.parameters if change.first != change.second] == [
        Change("max_depth", 2, 4)
    ]
    assert [(m.name, m.better) for m in found.metrics] == [
        ("roc_auc", "second"),
        ("log_loss", "first"),
    ]
    assert found.metrics[0].first_interval == (0.7, 0.9)
    assert [one.what for one in found.environment] == ["Python"]
    assert found.data["same"]
    assert found.first["dollars"] > 0
    told = json.loads(json.dumps(found.as_json()))
    assert told["paired"] == {
        "metric": "roc_auc",
        "difference": None,
        "rows": 0,
        "note": "nobody looked",
        "favoured": "",
    }
    page = comparison_page(found)
    for text in (
        "max_depth",
        "3.9",
        "roc_auc is good",
        "One and the same dataset",
        "nobody looked",
    ):
        assert text in page


def test_only_places_that_differ_are_changes() -> None:
    one = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    other = {"a": {"b": 2, "c": [1, 3]}, "e": None, "d": 1}
    assert list(changes(one, other)) == [Change("a.b", 1, 2), Change("a.c", [1, 2], [1, 3])]
    assert not list(changes(one, one))


def number(mean: float, deviation: float = 1.0, nulls: int = 0) -> dict[str, Any]:
    return {
        "kind": "number",
        "rows": 100,
        "nulls": nulls,
        "mean": mean,
        "standard_deviation": deviation,
    }


def labels(**counts: int) -> dict[str, Any]:
    rows = sum(counts.values())
    return {"kind": "category", "rows": rows, "nulls": 0, "counts": counts, "other": 0}


def test_columns_that_moved_are_told_the_largest_first_and_others_are_not() -> None:
    first = {
        "features": {
            "still": number(5.0),
            "moved": number(5.0),
            "missing": number(5.0),
            "kind": labels(a=50, b=50),
            "gone": number(1.0),
        },
        "target": labels(yes=50, no=50),
    }
    second = {
        "features": {
            "still": number(5.05),
            "moved": number(7.0),
            "missing": number(5.0, nulls=10),
            "kind": labels(a=70, b=30),
        },
        "target": labels(yes=51, no=49),
    }
    found = [(one.column, one.measure) for one in shifts(first, second)]
    assert found == [
        ("moved", "standard deviations"),
        ("gone", "column"),
        ("kind", "share of labels"),
        ("missing", "share missing"),
    ]


@pytest.mark.parametrize("deviation", [0.0, 1.0])
def test_a_column_without_values_or_without_spread_breaks_no_comparison(deviation: float) -> None:
    empty = {"features": {"a": number(0.0) | {"mean": None, "standard_deviation": None}}}
    assert not shifts(empty, {"features": {"a": number(1.0, deviation)}})
    flat = {"features": {"a": number(2.0, deviation)}}
    assert [one.column for one in shifts({"features": {"a": number(1.0, 0.0)}}, flat)] == ["a"]


@pytest.mark.parametrize(
    ("low", "told"),
    [(-0.2, "open, for version 3 knows some of these rows."), (0.1, "version 4 is better.")],
)
def test_who_was_fitted_on_the_rows_compared_does_not_win_by_them(low: float, told: str) -> None:
    bounds = {"value": low, "interval": {"low": low, "high": low + 0.05}}
    champion = {
        "name": "champion, version 3", "rows": 90, "difference": bounds, "familiar": 80,
    }  # fmt: skip
    third = Side(a_run("a", version=3))
    fourth = Side(
        a_run("b", version=4), evaluation={"primary_metric": "roc_auc", "champion": champion}
    )
    store: Any = None  # nothing is read
    assert verdict(pair(third, fourth, "data", store), third.name, fourth.name).endswith(told)
    assert verdict(pair(fourth, third, "data", store), fourth.name, third.name).endswith(told)
