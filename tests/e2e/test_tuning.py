"""A spec that asks for a search gets what its search found, and the proof of its worth."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.registry.records import Run, RunStatus

from cli.workflow import SEARCH, Passage, visits
from tests.e2e import tumours
from tests.e2e.platform import TRAINING_SECONDS, Platform


@pytest.fixture(scope="module")
def run(platform: Platform) -> Run:
    run_id = platform.upload("tuned", tumours.table(400), "tuned.csv")
    run = platform.finished("tuned", run_id, 3 * TRAINING_SECONDS)  # three jobs, one by one
    assert run.status is RunStatus.SUCCEEDED, run.reason
    return run


def left(platform: Platform, run: Run, name: str) -> Any:
    key = f"runs/tuned/{run.run_id}/{name}"
    bucket = platform.outputs["DataBucketName"]
    return json.load(platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"])


def test_rounds_of_trials_over_two_algorithms_end_with_the_best_one_trained(
    platform: Platform, run: Run
) -> None:
    search = left(platform, run, "search.json")
    assert [trial["number"] for trial in search["trials"]] == list(range(6))
    assert {trial["state"] for trial in search["trials"]} <= {"COMPLETE", "PRUNED"}
    assert {trial["algorithm"] for trial in search["trials"]} == {"xgboost", "logistic_regression"}
    assert search["ended_by"] == "trials"
    best = search["trials"][search["best"]]
    assert best["value"] == max(trial["value"] for trial in search["trials"])
    training = left(platform, run, "training.json")
    assert training["algorithm"] == best["algorithm"]
    assert best["parameters"].items() <= training["parameters"].items()
    assert training["cross_validation"]["folds"] == best["folds"]


def test_what_tuning_is_worth_is_told_on_rows_that_nothing_was_chosen_by(
    platform: Platform, run: Run
) -> None:
    tuned = left(platform, run, "evaluation.json")["tuning"]
    assert tuned["comparison"]["difference"]["value"] > 0
    interval = tuned["comparison"]["difference"]["interval"]
    assert interval["low"] <= tuned["comparison"]["difference"]["value"] <= interval["high"]
    assert "default" in tuned["sentence"]


def test_the_jobs_of_a_search_are_part_of_what_the_run_cost(platform: Platform, run: Run) -> None:
    assert run.usage["jobs"] == 4  # two in the first round, one in the second, and the training
    assert run.seconds["RunTrials"] > 0
    search = left(platform, run, "search.json")
    assert 0 < search["spent"]["dollars"] < 2


def test_whoever_follows_the_run_sees_its_search_as_one_step(platform: Platform, run: Run) -> None:
    history = platform.client("stepfunctions").get_paginator("get_execution_history")
    pages = history.paginate(executionArn=run.execution_arn)
    seen = visits(event for page in pages for event in page["events"])
    assert [one.state for one in seen][:3] == ["ValidateData", SEARCH, "TrainModel"]
    assert (seen[1].passage, seen[1].progress) == (Passage.LEFT, "2 rounds")
