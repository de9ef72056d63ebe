"""The scoring stack: its workflow as data, its limits, and who may do what."""

from __future__ import annotations

import json
from typing import Any

import jsonata
import pytest

from tests.infrastructure.templates import ROOT, Synthesized, as_list

CALLS = {"PlanChunks": "plan", "CollectScores": "collect"}
STACK = "Perennial-Scoring"


def machine(synthesized: Synthesized) -> dict[str, Any]:
    found: dict[str, Any]
    ((_, found),) = [
        each
        for each in synthesized.resources("AWS::StepFunctions::StateMachine")
        if each[0].startswith(STACK)
    ]
    return found


@pytest.fixture(scope="module")
def definition(cloud: Synthesized) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(machine(cloud)["DefinitionString"])
    return found


@pytest.fixture(scope="module")
def tasks(definition: dict[str, Any]) -> dict[str, Any]:
    states = definition["States"]
    inner: dict[str, Any] = states["ScoreChunks"]["ItemProcessor"]["States"]
    return {name: states[name] for name in CALLS} | inner


def test_each_state_calls_the_function_of_its_name(
    cloud: Synthesized, tasks: dict[str, Any]
) -> None:
    placeholders = machine(cloud)["DefinitionSubstitutions"]
    for name, folder in {**CALLS, "ScoreChunk": "score"}.items():
        assert tasks[name]["Arguments"]["FunctionName"] == f"${{{name}}}"
        assert placeholders[name]["Fn::GetAtt"][0].startswith(folder.capitalize())
        assert (ROOT / "functions" / folder / "handler.py").is_file()


def test_every_call_is_given_up_after_its_function_and_retried_for_named_errors_only(
    cloud: Synthesized, tasks: dict[str, Any]
) -> None:
    for name, folder in {**CALLS, "ScoreChunk": "score"}.items():
        assert tasks[name]["TimeoutSeconds"] > cloud.functions()[folder]["Timeout"]
        retried = {error for rule in tasks[name]["Retry"] for error in rule["ErrorEquals"]}
        assert "Unavailable" in retried
        assert not {error for error in retried if error.startswith("States.")}


def test_a_failed_state_is_not_caught_so_that_it_can_be_redriven(
    definition: dict[str, Any], tasks: dict[str, Any]
) -> None:
    assert "Catch" not in json.dumps(definition)
    assert len(tasks) == 3


def test_chunks_run_distributed_within_the_tolerance_of_the_spec(
    definition: dict[str, Any],
) -> None:
    state = definition["States"]["ScoreChunks"]
    assert state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert state["MaxConcurrency"] == 100
    assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSON"}
    parsed = jsonata.Jsonata(
        state["ToleratedFailurePercentage"].removeprefix("{% ").removesuffix(" %}")
    )
    assert parsed.evaluate(None, {"planned": {"tolerated_failure_percentage": 2.5}}) == 2.5


def test_the_results_of_ten_thousand_chunks_fit_in_a_payload(definition: dict[str, Any]) -> None:
    """A state's output is at most 256 KiB; children return next to nothing."""
    inner = definition["States"]["ScoreChunks"]["ItemProcessor"]["States"]["ScoreChunk"]
    assert len(json.dumps([inner["Output"]] * 10_000)) <= 256 * 1024


def test_every_bad_end_is_told_beside_the_file(cloud: Synthesized) -> None:
    rules = [
        rule["EventPattern"]
        for name, rule in cloud.resources("AWS::Events::Rule")
        if name.startswith(STACK)
    ]
    (bad,) = [rule for rule in rules if rule["source"] == ["aws.states"]]
    assert set(bad["detail"]["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}
    assert "perennial-scoring" in json.dumps(bad["detail"]["stateMachineArn"])
    (upload,) = [rule for rule in rules if rule["source"] == ["aws.s3"]]
    assert upload["detail"]["object"]["key"] == [{"prefix": "score/"}]


def test_events_that_cannot_be_worked_off_are_kept(cloud: Synthesized) -> None:
    for function in ("submit", "collect"):
        assert "DeadLetterConfig" in cloud.functions()[function]


def rights(cloud: Synthesized, function: str) -> dict[str, set[str]]:
    """Prefixes by action on objects, the bucket among them."""
    found: dict[str, set[str]] = {}
    for statement in cloud.statements_of(cloud.role_of(function)):
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                text = json.dumps(resource)
                if action.startswith("s3:") and "/" in text:
                    found.setdefault(action, set()).add(text.rsplit("/", 2)[1])
    return found


def test_only_collect_writes_beside_files(cloud: Synthesized) -> None:
    assert rights(cloud, "plan")["s3:PutObject"] == {"scoring"}
    assert rights(cloud, "score")["s3:PutObject"] == {"scoring"}
    assert rights(cloud, "collect")["s3:PutObject"] == {"score", "scoring"}
    assert rights(cloud, "submit") == {}


def test_only_plan_reads_the_registry_and_nobody_changes_it(cloud: Synthesized) -> None:
    for function in ("submit", "plan", "score", "collect"):
        actions = {
            action
            for statement in cloud.statements_of(cloud.role_of(function))
            for action in as_list(statement["Action"])
            if action.startswith("dynamodb:")
        }
        assert actions == ({"dynamodb:GetItem"} if function == "plan" else set())


def test_what_a_scoring_works_with_is_dropped_in_the_end(cloud: Synthesized) -> None:
    rules = [
        rule
        for _, bucket in cloud.resources("AWS::S3::Bucket")
        for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", [])
        if rule.get("Prefix") == "scoring/"
    ]
    assert [rule["ExpirationInDays"] for rule in rules] == [90]


def test_a_call_that_scores_has_a_processor_and_a_disk(cloud: Synthesized) -> None:
    for function in ("plan", "score", "collect"):
        assert cloud.functions()[function]["MemorySize"] == 1769
        assert cloud.functions()[function]["EphemeralStorage"] == {"Size": 10_240}


def test_the_map_may_look_after_executions_under_either_of_their_names(cloud: Synthesized) -> None:
    """Its page names those of the machine for a look and a stop, those of the label to redrive."""
    role = machine(cloud)["RoleArn"]["Fn::GetAtt"][0]
    places: dict[str, set[str]] = {}
    for statement in cloud.statements_of(role):
        for action in as_list(statement["Action"]):
            texts = json.dumps(statement["Resource"])
            found = {
                one
                for one in ("perennial-scoring:*", "perennial-scoring/Chunks:*")
                if f":execution:{one}" in texts
            }
            places.setdefault(action, set()).update(found)
    both = {"perennial-scoring:*", "perennial-scoring/Chunks:*"}
    assert places["states:DescribeExecution"] == places["states:StopExecution"] == both
    assert places["states:RedriveExecution"] == {"perennial-scoring/Chunks:*"}
