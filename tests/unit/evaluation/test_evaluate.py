"""An evaluation says how good a candidate is, next to a constant and to the champion."""

from __future__ import annotations

import html
import json
from typing import Any

import numpy as np
import pytest
from perennial.errors import ArtifactError
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.inputs import read_training
from perennial.evaluation.publish import publish
from perennial.evaluation.record import Evaluation
from perennial.evaluation.report import report
from perennial.evaluation.subject import read_subject
from perennial.registry.records import RoutedVersion
from perennial.registry.registration import Candidate

from tests.unit.evaluation.scenario import (
    CHAMPION,
    COUNTS,
    GOOD,
    LABELS,
    POOR,
    ROWS,
    RUN,
    ColumnScorer,
    Scenario,
    a_scenario,
    a_spec,
    binary,
    binary_holdout,
)


def evaluated(scenario: Scenario, champion: RoutedVersion | None = None) -> Evaluation:
    return evaluate(read_subject(RUN, champion, scenario.store, scenario.load))


def test_candidate_that_meets_its_gates_passes() -> None:
    found = evaluated(binary(GOOD, gates=[{"metric": "roc_auc", "minimum": 0.8}]))
    assert found.outcome == "PASSED"
    assert found.reason == ""
    assert [r.passed for r in found.gate_results] == [True, True]
    assert found.gates[0].startswith("roc_auc 0.9")
    assert found.gates[0].endswith("≥ 0.8")


def test_candidate_below_a_bound_is_gated_with_the_reason() -> None:
    found = evaluated(binary(POOR, gates=[{"metric": "roc_auc", "minimum": 0.99}]))
    assert found.outcome == "GATED"
    assert found.reason.startswith("roc_auc 0.")
    assert found.reason.endswith("< 0.99")


def test_candidate_that_ranks_no_better_than_a_constant_is_gated_though_no_gate_says_so() -> None:
    found = evaluated(binary(ColumnScorer(("same", "same"), LABELS, 0.5)))
    assert found.outcome == "GATED"
    assert found.reason == "roc_auc 0.5 does not beat the naive baseline's 0.5"


def test_worse_candidate_is_not_promoted() -> None:
    gates = [{"metric": "roc_auc", "against": "champion", "tolerance": 0.01}]
    found = evaluated(binary(POOR, GOOD, gates=gates), CHAMPION)
    assert found.outcome == "GATED"
    assert "champion, version 3" in found.reason
    assert found.champion is not None
    assert found.champion.difference is not None
    assert found.champion.difference.interval is not None
    assert found.champion.difference.interval.high < 0


def test_better_candidate_passes_a_gate_against_the_champion() -> None:
    gates = [{"metric": "roc_auc", "against": "champion"}]
    found = evaluated(binary(GOOD, POOR, gates=gates), CHAMPION)
    assert found.outcome == "PASSED"


def test_a_gate_against_the_champion_passes_where_there_is_none() -> None:
    found = evaluated(binary(GOOD, gates=[{"metric": "roc_auc", "against": "champion"}]))
    assert found.outcome == "PASSED"
    assert found.gates[0] == "roc_auc: no version is in service to compare with"


def test_the_baseline_predicts_the_shares_of_training() -> None:
    found = evaluated(binary(GOOD))
    positives = sum(label == "yes" for label in binary_holdout()["y"]) / ROWS
    expected = -(positives * np.log(1 / 3) + (1 - positives) * np.log(2 / 3))
    assert found.baseline.metrics["log_loss"] == pytest.approx(expected)
    assert found.baseline.metrics["roc_auc"] == 0.5


def test_the_champion_is_compared_on_the_rows_it_can_answer() -> None:
    holdout = binary_holdout()
    holdout["poor_not"][:100] = np.nan
    scenario = a_scenario(a_spec("binary"), holdout, COUNTS, GOOD, POOR)
    found = evaluated(scenario, CHAMPION)
    assert found.champion is not None
    assert (found.champion.rows, found.champion.unanswerable) == (300, 100)
    assert "refuses 100 of 400" in found.champion_note
    assert found.rows == 400


@pytest.mark.parametrize(
    ("champion", "why"),
    [
        (ColumnScorer(("gone", "good"), LABELS, 0.5), "the data has no column gone"),
        (ColumnScorer(("poor", "good"), ("a", "b"), 0.5), "predicts other labels"),
        (ColumnScorer(("good",)), "does not predict labels"),
    ],
)
def test_a_champion_that_cannot_answer_does_not_block_its_successor(
    champion: ColumnScorer, why: str
) -> None:
    gates = [{"metric": "roc_auc", "against": "champion"}]
    found = evaluated(binary(GOOD, champion, gates=gates), CHAMPION)
    assert found.outcome == "PASSED"
    assert found.champion is None
    assert why in found.champion_note


def test_a_champion_whose_artifact_is_gone_does_not_block_its_successor() -> None:
    lost = RoutedVersion(3, "champion", "s3://artifacts/artifacts/m/lost.zip")
    found = evaluated(binary(GOOD, POOR), lost)
    assert found.outcome == "PASSED"
    assert "artifact cannot be read" in found.champion_note


def test_rows_the_candidate_refuses_are_counted() -> None:
    holdout = binary_holdout()
    holdout["good_not"][:7] = np.nan
    found = evaluated(a_scenario(a_spec("binary"), holdout, COUNTS, GOOD))
    assert (found.rows, found.unanswerable) == (393, 7)


def test_a_candidate_that_answers_nothing_fails() -> None:
    holdout = binary_holdout()
    holdout["good_not"][:] = np.nan
    with pytest.raises(ArtifactError, match="none of the held-out rows"):
        evaluated(a_scenario(a_spec("binary"), holdout, COUNTS, GOOD))


def test_a_metric_that_is_undefined_fails_its_gate() -> None:
    holdout = binary_holdout() | {"y": ["no"] * ROWS}
    found = evaluated(a_scenario(a_spec("binary"), holdout, COUNTS, GOOD))
    assert found.outcome == "GATED"
    assert found.reason == "roc_auc is undefined on the holdout"


def test_multiclass_with_a_label_training_never_saw_still_counts_its_rows() -> None:
    random = np.random.default_rng(2)
    raw = random.random((90, 2))
    shares = raw / raw.sum(axis=1, keepdims=True)
    holdout = {"a": shares[:, 0], "b": shares[:, 1], "y": ["a", "b", "c"] * 30}
    target = {"counts": {"a": 50, "b": 50}}
    scorer = ColumnScorer(("a", "b"), ("a", "b"))
    found = evaluated(a_scenario(a_spec("multiclass"), holdout, target, scorer))
    assert found.labels == ("a", "b", "c")
    assert found.detail.confusion is not None
    assert sum(found.detail.confusion[2]) == 30


def regression_scenario(**spec: Any) -> Scenario:
    random = np.random.default_rng(4)
    truth = random.normal(10, 3, ROWS)
    holdout = {"estimate": truth + random.normal(0, 1, ROWS), "y": truth}
    target = {"mean": 9.0, "median": 8.0}
    return a_scenario(a_spec("regression", **spec), holdout, target, ColumnScorer(("estimate",)))


def test_a_regression_is_compared_with_the_training_mean() -> None:
    found = evaluated(regression_scenario())
    assert found.outcome == "PASSED"
    assert found.metrics["rmse"] == pytest.approx(1, abs=0.15)
    truth = np.random.default_rng(4).normal(10, 3, ROWS)
    assert found.baseline.metrics["rmse"] == pytest.approx(np.sqrt(np.mean((truth - 9) ** 2)))


def test_absolute_errors_are_compared_with_the_training_median() -> None:
    found = evaluated(regression_scenario(primary_metric="mae"))
    truth = np.random.default_rng(4).normal(10, 3, ROWS)
    assert found.baseline.metrics["mae"] == pytest.approx(np.mean(np.abs(truth - 8)))


def test_the_same_run_is_evaluated_to_the_same_document() -> None:
    once, again = (evaluated(binary(GOOD, POOR), CHAMPION) for _ in range(2))
    assert once.model_dump_json() == again.model_dump_json()


@pytest.mark.parametrize("name", ["job.json", "training.json", "candidate.zip", "holdout.parquet"])
def test_what_a_run_did_not_leave_is_named(name: str) -> None:
    scenario = binary(GOOD)
    del scenario.store._versions[RUN + name]
    with pytest.raises(ArtifactError, match=name):
        evaluated(scenario)


def test_a_damaged_document_is_named_with_its_field() -> None:
    scenario = binary(GOOD)
    scenario.store.write(RUN + "training.json", b'{"algorithm": "xgboost"}', "application/json")
    with pytest.raises(
        ArtifactError, match=r"training\.json of the run is damaged: artifact_digest"
    ):
        evaluated(scenario)


def test_the_labels_of_a_sensitive_target_are_not_shown() -> None:
    scenario = binary(GOOD, sensitive=["y"])
    found = evaluated(scenario)
    assert found.labels == ("class 1", "class 2")
    page = report(found, read_training(RUN, scenario.store))
    assert "given: class 2" in page
    assert "given: yes" not in page


def test_a_sensitive_number_is_not_told_by_residuals_of_few_rows() -> None:
    assert evaluated(regression_scenario()).detail.residuals is not None
    detail = evaluated(regression_scenario(sensitive=("y",))).detail
    assert detail.residuals is None
    assert detail.estimates is None


def test_the_report_says_which_labels_are_taken_for_which() -> None:
    scenario = binary(GOOD)
    found = evaluated(scenario)
    assert found.detail.confusion is not None
    page = report(found, read_training(RUN, scenario.store))
    assert "given: yes" in page
    assert all(f">{rows}<" in page for line in found.detail.confusion for rows in line)


def test_the_report_of_a_gated_candidate_says_why() -> None:
    scenario = binary(POOR, gates=[{"metric": "roc_auc", "minimum": 0.99}])
    found = evaluated(scenario)
    page = report(found, read_training(RUN, scenario.store))
    assert "Kept out by a gate" in page
    assert html.escape(found.reason) in page


@pytest.mark.parametrize("scenario", [binary(GOOD, POOR), regression_scenario()])
def test_what_is_published_can_be_registered_and_read(scenario: Scenario) -> None:
    found = evaluated(scenario, CHAMPION if "champion" in scenario.scorers else None)
    publish(found, read_training(RUN, scenario.store), None, RUN, scenario.store)
    document = scenario.store.read(RUN + "evaluation.json")
    assert Candidate.model_validate_json(document).metrics == json.loads(document)["metrics"]
    page = scenario.store.read(RUN + "evaluation.html").decode()
    assert found.primary_metric.value in page
    assert "<svg" in page
    assert "naive baseline" in page
