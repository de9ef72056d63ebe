"""The search for hyperparameters as part of the training workflow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.cost.run import GIB_SECONDS, JOB_SECONDS, JOBS, VCPU_SECONDS
from perennial.spec.tuning import MOST_TRIALS

from tests.infrastructure.templates import Synthesized
from tests.infrastructure.test_workflow import State, evaluated

NEEDS = [{"Type": "VCPU", "Value": "4"}, {"Type": "MEMORY", "Value": "16384"}]
HISTORY = 25_000  # events of one execution
PAYLOAD = 256 * 1024  # bytes of a state's input


@pytest.fixture(scope="module")
def states(cloud: Synthesized) -> dict[str, State]:
    found: dict[str, State] = cloud.workflow()["States"]
    return found


@pytest.fixture(scope="module")
def jobs(states: dict[str, State]) -> dict[str, State]:
    found: dict[str, State] = states["RunTrials"]["ItemProcessor"]["States"]
    return found


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        ({"outcome": "ACCEPTED", "search": True}, "ProposeTrials"),
        ({"outcome": "ACCEPTED", "search": False}, "TrainModel"),
        ({"outcome": "ACCEPTED"}, "TrainModel"),
        ({"outcome": "REJECTED", "search": True}, "ConcludeRun"),
    ],
)
def test_only_what_asks_for_a_search_is_searched(
    states: dict[str, State], answer: dict[str, Any], then: str
) -> None:
    choices = states["DecideOnData"]["Choices"]
    chosen = [one["Next"] for one in choices if evaluated(one["Condition"], input=answer)]
    assert chosen[0] == then


def test_rounds_follow_each_other_until_the_search_has_ended(states: dict[str, State]) -> None:
    decision = states["DecideOnSearch"]
    (again,) = decision["Choices"]
    assert evaluated(again["Condition"], input={"outcome": "TRIALS"}) is True
    assert evaluated(again["Condition"], input={"outcome": "ENDED"}) is False
    assert (again["Next"], decision["Default"]) == ("RunTrials", "TrainModel")
    assert states["RunTrials"]["Next"] == "ProposeTrials"
    assert evaluated(states["RunTrials"]["Output"]["round"], input={"round": 3}) == 3


def test_as_many_jobs_run_at_once_as_the_spec_says(states: dict[str, State]) -> None:
    given = {"jobs": [{"round": "1", "trials": "0,1"}], "concurrency": 7}
    assert evaluated(states["RunTrials"]["MaxConcurrency"], input=given) == 7
    assert evaluated(states["RunTrials"]["Items"], input=given) == given["jobs"]


def test_a_job_that_fails_costs_no_other_job_anything(jobs: dict[str, State]) -> None:
    (catch,) = jobs["RunJob"]["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "JobLost")
    assert jobs["JobLost"] == {"Type": "Pass", "End": True}
    assert jobs["RunJob"]["End"] is True


def test_a_job_is_told_its_trials(jobs: dict[str, State]) -> None:
    given = {
        "job": {"round": "2", "trials": "3,4"},
        "timeout": 900,
        "run_uri": "s3://b/runs/m/r/",
    }
    arguments = jobs["RunJob"]["Arguments"]
    command = [
        evaluated(word, input=given) if word.startswith("{%") else word
        for word in arguments["ContainerOverrides"]["Command"]
    ]
    assert command == [
        *("--run-uri", "s3://b/runs/m/r/"),
        *("--round", "2"),
        *("--trials", "3,4"),
    ]
    assert evaluated(arguments["Timeout"]["AttemptDurationSeconds"], input=given) == 900
    assert evaluated(jobs["RunJob"]["TimeoutSeconds"], input=given) > 3 * 900


def test_what_jobs_used_is_counted_whether_they_failed_or_not(
    states: dict[str, State], jobs: dict[str, State]
) -> None:
    ended = {
        "Container": {"ResourceRequirements": NEEDS},
        "Attempts": [{"StartedAt": 0, "StoppedAt": 100_000}],
    }
    attempts = evaluated(jobs["RunJob"]["Output"]["Attempts"], result=ended)
    assert attempts == ended["Attempts"]
    lost = jobs["RunJob"]["Catch"][0]["Output"]
    given = {"job": {"vcpus": "4", "memory": "16384"}}
    needs = [
        one | {"Value": evaluated(one["Value"], input=given)}
        for one in lost["Container"]["ResourceRequirements"]
    ]
    assert needs == NEEDS
    used = states["RunTrials"]["Assign"]["usage"]
    before = {JOBS: 1, JOB_SECONDS: 60, VCPU_SECONDS: 240, GIB_SECONDS: 960}
    found = evaluated(used, {"usage": before}, result=[ended, ended])
    assert found == {JOBS: 3, JOB_SECONDS: 260, VCPU_SECONDS: 1040, GIB_SECONDS: 4160}


def test_the_seconds_of_rounds_add_up(states: dict[str, State]) -> None:
    text = states["RunTrials"]["Assign"]["seconds"]
    clock = {"State": {"EnteredTime": "2026-01-01T00:00:00Z"}}
    first = evaluated(text, {"seconds": {"ValidateData": 2}}, context=clock)
    assert first["ValidateData"] == 2
    again = evaluated(text, {"seconds": {"RunTrials": 10**9}}, context=clock)
    assert again["RunTrials"] == pytest.approx(10**9 + first["RunTrials"], abs=5)


def test_the_longest_search_fits_into_one_execution() -> None:
    # Events of a job in a Map, retries of its submission included; and of a round around its jobs.
    events_of_job, events_of_round = 24, 16
    rounds = MOST_TRIALS / 2  # a round has two trials at least
    assert MOST_TRIALS * events_of_job + rounds * events_of_round < HISTORY


def test_the_largest_round_fits_into_one_payload() -> None:
    job = {"round": "250", "trials": "499", "vcpus": "16.0", "memory": "122880"}
    assert 100 * len(json.dumps(job)) < PAYLOAD / 10


def test_proposing_may_write_beside_runs_and_nowhere_else(cloud: Synthesized) -> None:
    statements = cloud.statements_of(cloud.role_of("tune"))
    writes = [one for one in statements if "s3:PutObject" in json.dumps(one["Action"])]
    assert writes
    assert all("/runs/*" in json.dumps(one["Resource"]) for one in writes)
    assert not [one for one in statements if "dynamodb" in json.dumps(one["Action"])]
