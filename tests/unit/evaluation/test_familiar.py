"""A champion is not favoured by rows it was fitted on."""

from __future__ import annotations

import html
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.familiar import FittedOn
from perennial.evaluation.inputs import read_training
from perennial.evaluation.record import Evaluation
from perennial.evaluation.report import report
from perennial.evaluation.subject import read_subject

from tests.unit.evaluation.scenario import (
    CHAMPION,
    GOOD,
    POOR,
    ROWS,
    RUN,
    Scenario,
    binary,
    binary_holdout,
)

FITTED = FittedOn("s3://data/champion/data.parquet", "s3://data/champion/holdout.parquet")
AGAINST = [{"metric": "roc_auc", "against": "champion"}]


def parquet(columns: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def rows_that_differ() -> dict[str, Any]:
    return {**binary_holdout(), "row": np.arange(ROWS)}


def some(columns: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    return {name: values[start:end] for name, values in columns.items()}


def evaluated(scenario: Scenario, fitted_rows: int, kept_out: int = 0) -> Evaluation:
    """With a champion whose dataset holds the first rows of the holdout, fitted or kept out."""
    rows = rows_that_differ()
    scenario.store.write(FITTED.dataset_uri, parquet(some(rows, 0, fitted_rows + kept_out)), "")
    spared = parquet(some(rows, fitted_rows, fitted_rows + kept_out))
    scenario.store.write(FITTED.holdout_uri, spared, "")
    return evaluate(read_subject(RUN, CHAMPION, scenario.store, scenario.load, FITTED))


@pytest.fixture
def scenario() -> Scenario:
    spec = {"features": {name: {"type": "number"} for name in ("good", "poor", "row")}}
    made = binary(GOOD, POOR, gates=AGAINST, **spec)
    made.store.write(RUN + "holdout.parquet", parquet(rows_that_differ()), "")
    return made


def test_rows_the_champion_was_fitted_on_are_left_out_of_the_comparison(scenario: Scenario) -> None:
    found = evaluated(scenario, fitted_rows=300)
    assert found.champion is not None
    assert found.champion.rows == ROWS - 300
    assert "the champion was fitted on 300 of 400 held-out rows; they are left out" in (
        found.champion_note
    )


def test_the_report_says_on_which_rows_a_model_trained_anew_was_compared(
    scenario: Scenario,
) -> None:
    found = evaluated(scenario, fitted_rows=300)
    page = html.unescape(report(found, read_training(RUN, scenario.store)))
    assert "The champion was fitted on 300 of 400 held-out rows; they are left out" in page
    assert found.champion is not None
    assert f">{found.champion.name}, 100 rows<" in page
    assert "Difference in roc_auc " in page
    assert ", on 100 rows." in page


def test_the_report_of_a_comparison_on_all_rows_counts_them_once(scenario: Scenario) -> None:
    found = evaluated(scenario, fitted_rows=0, kept_out=300)
    page = html.unescape(report(found, read_training(RUN, scenario.store)))
    assert found.champion is not None
    assert f">{found.champion.name}<" in page
    assert "left out" not in page


def test_rows_the_champion_held_out_itself_are_fair(scenario: Scenario) -> None:
    found = evaluated(scenario, fitted_rows=0, kept_out=300)
    assert found.champion is not None
    assert found.champion.rows == ROWS
    assert found.champion_note == ""


def test_where_too_few_rows_are_new_the_note_says_whom_that_favours(scenario: Scenario) -> None:
    found = evaluated(scenario, fitted_rows=390)
    assert found.champion is not None
    assert found.champion.rows == ROWS
    assert found.champion_note == (
        "the champion was fitted on 390 of the 400 rows compared, which favours it"
    )


def test_new_rows_of_one_class_are_no_basis_for_a_comparison(scenario: Scenario) -> None:
    rows = rows_that_differ()
    order = np.argsort(np.array(rows["y"]) == "no", kind="stable")  # the last rows are all "no"
    mixed = {name: np.array(values)[order] for name, values in rows.items()}
    scenario.store.write(RUN + "holdout.parquet", parquet(mixed), "")
    scenario.store.write(FITTED.dataset_uri, parquet(some(mixed, 0, 300)), "")
    scenario.store.write(FITTED.holdout_uri, parquet(some(mixed, 0, 0)), "")
    found = evaluate(read_subject(RUN, CHAMPION, scenario.store, scenario.load, FITTED))
    assert found.champion is not None
    assert found.champion.rows == ROWS
    assert "favours it" in found.champion_note
    assert found.champion.familiar == 300


@pytest.mark.parametrize("damage", [b"", b"PAR1", parquet({"other": [1.0]})])
def test_data_of_the_champion_that_cannot_be_read_stops_nothing(
    scenario: Scenario, damage: bytes
) -> None:
    scenario.store.write(FITTED.dataset_uri, damage, "")
    scenario.store.write(FITTED.holdout_uri, damage, "")
    found = evaluate(read_subject(RUN, CHAMPION, scenario.store, scenario.load, FITTED))
    assert found.champion is not None
    assert found.champion.rows == ROWS


def test_equal_values_are_equal_in_whatever_type_a_file_has_them(scenario: Scenario) -> None:
    rows = rows_that_differ()
    rows["y"] = pa.array(rows["y"]).dictionary_encode()
    scenario.store.write(FITTED.dataset_uri, parquet(rows), "")
    scenario.store.write(FITTED.holdout_uri, parquet(some(rows, 0, 100)), "")
    found = evaluate(read_subject(RUN, CHAMPION, scenario.store, scenario.load, FITTED))
    assert found.champion is not None
    assert found.champion.rows == 100


def test_copies_count_a_row_seen_twice_and_held_out_once_was_fitted_on(scenario: Scenario) -> None:
    rows = rows_that_differ()
    twice = {name: np.concatenate([values, values[:200]]) for name, values in rows.items()}
    scenario.store.write(FITTED.dataset_uri, parquet(twice), "")
    scenario.store.write(FITTED.holdout_uri, parquet(rows), "")
    found = evaluate(read_subject(RUN, CHAMPION, scenario.store, scenario.load, FITTED))
    assert found.champion is not None
    assert found.champion.rows == ROWS - 200
