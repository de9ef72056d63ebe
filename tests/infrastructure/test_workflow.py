"""The training workflow as data: how each state may fail, and where every path ends."""

from __future__ import annotations

import json
from typing import Any

import jsonata
import pytest

from tests.infrastructure.templates import ROOT, Synthesized

CALLS = {
    "ValidateData": "validate",
    "ProposeTrials": "tune",
    "EvaluateModel": "evaluate",
    "RegisterVersion": "register",
    "WriteCard": "card",
    "SetRoute": "route",
    "AskForApproval": "approve",
    "SettleApproval": "approve",
    "SetApprovedRoute": "route",
    "TellNotServed": "approve",
    "ConcludeRun": "conclude",
}
# The run is concluded by then; tests/infrastructure/test_approval.py says how they fail.
AFTER_THE_RUN = {"AskForApproval", "SettleApproval", "SetApprovedRoute", "TellNotServed"}
TRANSIENT = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Batch.ServerException",
    "Batch.SdkClientException",
    "Batch.TooManyRequestsException",
    "Unavailable",
}
State = dict[str, Any]


@pytest.fixture(scope="module")
def states(cloud: Synthesized) -> dict[str, State]:
    found: dict[str, State] = cloud.workflow()["States"]
    return found


def tasks(states: dict[str, State]) -> dict[str, State]:
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


def following(state: State) -> set[str]:
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    catches = [catch["Next"] for catch in state.get("Catch", [])]
    direct = [state[key] for key in ("Next", "Default") if key in state]
    return {*choices, *catches, *direct}


def test_the_workflow_is_written_in_jsonata(cloud: Synthesized) -> None:
    assert cloud.workflow()["QueryLanguage"] == "JSONata"


def test_each_state_calls_the_function_of_its_name(
    cloud: Synthesized, states: dict[str, State]
) -> None:
    substitutions = cloud.machine()["DefinitionSubstitutions"]
    functions = {
        resource["Properties"]["FunctionName"]: name.split("/")[1]
        for name, resource in cloud.all_resources()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    for state, folder in CALLS.items():
        assert states[state]["Arguments"]["FunctionName"] == f"${{{state}}}"
        called = functions[f"perennial-{folder}"]
        assert substitutions[state] == {"Fn::GetAtt": [called, "Arn"]}
        assert (ROOT / "functions" / folder / "handler.py").is_file()


def test_what_serves_at_once_is_proven_by_the_function_of_releases(cloud: Synthesized) -> None:
    prove = json.dumps(cloud.machine()["DefinitionSubstitutions"]["ProveRoute"])
    assert prove.endswith(':function:perennial-prove"]]}')


def test_no_placeholder_is_left_open(cloud: Synthesized) -> None:
    machine = cloud.machine()
    for name in machine["DefinitionSubstitutions"]:
        assert f"${{{name}}}" in machine["DefinitionString"]
    assert machine["DefinitionString"].count("${") == len(machine["DefinitionSubstitutions"])


def test_every_task_has_a_timeout(states: dict[str, State]) -> None:
    assert len(tasks(states)) == 13
    for name, task in tasks(states).items():
        if name == "AskForApproval":  # as long as the spec lets a version wait
            assert task["TimeoutSeconds"] == "{% $waits %}"
            continue
        assert task["TimeoutSeconds"] > 0, name


def test_only_named_transient_errors_are_retried(states: dict[str, State]) -> None:
    for name, task in tasks(states).items():
        retried = {error for rule in task["Retry"] for error in rule["ErrorEquals"]}
        assert retried
        assert retried <= TRANSIENT, name


def test_every_failure_leads_to_the_conclusion(states: dict[str, State]) -> None:
    for name, task in tasks(states).items():
        if name == "ProveRoute":  # the run has been concluded; the execution fails, and is heard
            assert "Catch" not in task
            continue
        if name == "WriteCard":  # a version without a card serves all the same
            assert [rule["Next"] for rule in task["Catch"]] == [task["Next"]] == ["DecideOnWait"]
            continue
        if name in AFTER_THE_RUN:
            continue
        (catch,) = task["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        assert catch["Output"]["status"] == "FAILED"
        assert catch["Next"] == ("RunFailed" if name == "ConcludeRun" else "ConcludeRun")


def test_every_state_can_be_reached(states: dict[str, State]) -> None:
    reached, open_ = set(), {"BeginRun"}
    while open_:
        name = open_.pop()
        reached.add(name)
        open_ |= following(states[name]) - reached
    assert reached == set(states)


def test_a_run_ends_only_after_its_conclusion(states: dict[str, State]) -> None:
    before = {name for name, state in states.items() if "DecideOnEnd" in following(state)}
    assert before == {"ConcludeRun"}
    endings = {name for name, state in states.items() if "RunEnded" in following(state)}
    assert endings == {"DecideOnEnd", "DecideOnWait"}
    assert {name for name, state in states.items() if "ProveRoute" in following(state)} == {
        "DecideOnEnd",
        "DecideOnProof",
    }


@pytest.mark.parametrize(
    ("answer", "serves"),
    [
        ({"revision": 1, "champion": 1}, True),
        ({"revision": 2, "champion": 1, "rollout_id": "bank-v2", "rollout": "RUNNING"}, False),
    ],
    ids=["at once", "by a rollout"],
)
def test_only_what_serves_at_once_is_proven_by_a_run(
    states: dict[str, State], answer: dict[str, Any], serves: bool
) -> None:
    assigned = states["SetRoute"]["Assign"]["serves"]
    assert evaluated(assigned, result={"Payload": answer}) is serves
    proven, told, ended = states["DecideOnEnd"]["Choices"]
    assert (proven["Next"], told["Next"], ended["Next"]) == ("ProveRoute", "WriteCard", "RunEnded")
    assert evaluated(told["Condition"], input={"status": "GATED"}) is False
    concluded = {"serves": serves}
    assert evaluated(proven["Condition"], concluded, input={"status": "SUCCEEDED"}) is serves
    assert evaluated(proven["Condition"], concluded, input={"status": "FAILED"}) is False
    assert states["BeginRun"]["Assign"]["serves"] is False


def test_payloads_carry_references_and_no_data(states: dict[str, State]) -> None:
    for name, task in tasks(states).items():
        text = json.dumps(task.get("Arguments"))
        assert "Body" not in text, name
        assert "rows" not in text, name


def test_the_machine_hears_of_every_bad_end(cloud: Synthesized) -> None:
    rules = [
        rule["EventPattern"]
        for name, rule in cloud.resources("AWS::Events::Rule")
        if name.startswith("Perennial-Training/BadEnd")
    ]
    (bad_end,) = [rule for rule in rules if rule["source"] == ["aws.states"]]
    assert set(bad_end["detail"]["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}


def test_events_that_cannot_be_delivered_are_kept(cloud: Synthesized) -> None:
    for name, rule in cloud.resources("AWS::Events::Rule"):
        for target in rule["Targets"]:
            assert "DeadLetterConfig" in target, name
    for function in ("trigger", "conclude"):
        assert "DeadLetterConfig" in cloud.functions()[function]


def evaluated(text: str, variables: dict[str, object] | None = None, **states: object) -> Any:
    """The value of a JSONata expression, as Step Functions writes it."""
    parsed = jsonata.Jsonata(text.removeprefix("{% ").removesuffix(" %}"))
    return parsed.evaluate(None, {"states": states, **(variables or {})})


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (json.dumps({"errorMessage": 'no column "y"', "errorType": "X"}), 'no column "y"'),
        (json.dumps({"errorMessage": "\\" * 400}), "\\" * 400),
        ('{"StatusReason":"Essential container exited","Container":{}}',
         "Essential container exited"),
        ('{"Container":{"Reason":"OutOfMemoryError: killed","ExitCode":137},'
         '"StatusReason":"Essential container exited"}', "OutOfMemoryError: killed"),
        ("not JSON at all", "not JSON at all"),
        ('{"errorMessage": "cut sho', '{"errorMessage": "cut sho'),
        ("x" * 5000, "x" * 900),
    ],
)  # fmt: skip
def test_a_failure_says_who_and_why(states: dict[str, State], cause: str, said: str) -> None:
    expression = states["TrainModel"]["Catch"][0]["Output"]["reason"]
    error = {"Error": "States.TaskFailed", "Cause": cause}
    assert evaluated(expression, errorOutput=error) == f"TrainModel: States.TaskFailed: {said}"


def test_a_failure_without_a_cause_is_told_too(states: dict[str, State]) -> None:
    expression = states["ValidateData"]["Catch"][0]["Output"]["reason"]
    told = evaluated(expression, errorOutput={"Error": "States.Timeout"})
    assert told == "ValidateData: States.Timeout: "


def test_the_seconds_of_the_states_add_up(states: dict[str, State]) -> None:
    expression = states["EvaluateModel"]["Assign"]["seconds"]
    context = {"State": {"EnteredTime": "2026-01-01T00:00:00.000Z"}}
    seconds = evaluated(expression, {"seconds": {"ValidateData": 1.5}}, context=context)
    assert set(seconds) == {"ValidateData", "EvaluateModel"}
    assert seconds["ValidateData"] == 1.5
    assert seconds["EvaluateModel"] > 0


def a_job(*attempts: dict[str, int], vcpus: str = "4") -> dict[str, Any]:
    """What Batch says of a job that has ended, as far as it is billed."""
    needs = [{"Type": "VCPU", "Value": vcpus}, {"Type": "MEMORY", "Value": "16384"}]
    return {"Attempts": list(attempts), "Container": {"ResourceRequirements": needs}}


def test_what_a_job_used_counts_every_attempt_for_a_minute_at_least(
    states: dict[str, State],
) -> None:
    expression = states["TrainModel"]["Assign"]["usage"]
    interrupted, never_began = {"StartedAt": 0, "StoppedAt": 90_000}, {"StoppedAt": 5_000}
    brief = {"StartedAt": 100_000, "StoppedAt": 101_000}
    usage = evaluated(expression, {"usage": {}}, result=a_job(interrupted, never_began, brief))
    assert usage == {"jobs": 1, "job_seconds": 150, "vcpu_seconds": 600, "gib_seconds": 2400}
    more = evaluated(expression, {"usage": usage}, result=a_job(brief, vcpus="1"))
    assert more == {"jobs": 2, "job_seconds": 210, "vcpu_seconds": 660, "gib_seconds": 3360}


def test_variables_that_any_path_reads_are_there_from_the_start(states: dict[str, State]) -> None:
    assert states["BeginRun"]["Assign"] == {
        "seconds": {},
        "usage": {},
        "serves": False,
        "waits": 0,
    }
    assert "$seconds" in states["ConcludeRun"]["Arguments"]["Payload"]
    assert "$validation" not in json.dumps(states["ConcludeRun"])


def test_retries_of_a_job_are_for_what_passes_by_itself(cloud: Synthesized) -> None:
    strategy = cloud.only("AWS::Batch::JobDefinition")["RetryStrategy"]
    *again, last = strategy["EvaluateOnExit"]
    assert len(strategy["EvaluateOnExit"]) <= 5
    assert {rule["Action"] for rule in again} == {"RETRY"}
    assert last == {"Action": "EXIT", "OnReason": "*"}
