"""How a workflow waits for people: as data, and with what rights."""

from __future__ import annotations

import json
from typing import Any

import jsonata
import pytest

from tests.infrastructure.templates import Synthesized, as_list

State = dict[str, Any]


@pytest.fixture(scope="module")
def states(cloud: Synthesized) -> dict[str, State]:
    found: dict[str, State] = cloud.workflow()["States"]
    return found


def evaluated(text: str, variables: dict[str, object] | None = None, **states: object) -> Any:
    parsed = jsonata.Jsonata(text.removeprefix("{% ").removesuffix(" %}"))
    return parsed.evaluate(None, {"states": states, **(variables or {})})


@pytest.mark.parametrize(
    ("answer", "serves", "waits", "why"),
    [
        ({"revision": 1, "champion": 1}, True, 0, ""),
        ({"revision": 1, "rollout_id": "r"}, False, 0, ""),
        ({"version": 3, "waits": 60}, False, 60, "the version waits for an approval"),
    ],
)
def test_a_version_that_waits_is_neither_proven_nor_forgotten(
    states: dict[str, State], answer: State, serves: bool, waits: int, why: str
) -> None:
    set_route = states["SetRoute"]
    given: dict[str, Any] = {"result": {"Payload": answer}, "input": {"version": 3}}
    assigned = {name: evaluated(text, **given) for name, text in set_route["Assign"].items()
                if name in ("serves", "waits", "version")}  # fmt: skip
    assert assigned == {"serves": serves, "waits": waits, "version": 3}
    assert evaluated(set_route["Output"]["reason"], **given) == why
    choice = states["DecideOnWait"]["Choices"][0]
    assert evaluated(choice["Condition"], {"waits": waits}) is (waits > 0)
    assert (choice["Next"], states["DecideOnWait"]["Default"]) == ("AskForApproval", "RunEnded")


def test_the_slot_is_free_before_anybody_is_asked(states: dict[str, State]) -> None:
    """The run is concluded on the only way to the question."""
    before = [name for name, state in states.items() if "DecideOnWait" in json.dumps(state)]
    assert before == ["WriteCard"]
    assert states["ConcludeRun"]["Next"] == "DecideOnEnd"
    assert states["SetRoute"]["Next"] == "ConcludeRun"


def test_a_workflow_waits_by_a_token_as_long_as_the_spec_says(states: dict[str, State]) -> None:
    ask = states["AskForApproval"]
    assert ask["Resource"].endswith("lambda:invoke.waitForTaskToken")
    assert ask["TimeoutSeconds"] == "{% $waits %}"
    assert ask["Arguments"]["Payload"]["token"] == "{% $states.context.Task.Token %}"


def test_however_the_wait_ends_the_registry_says_what_was_decided(
    states: dict[str, State],
) -> None:
    ask, settle = states["AskForApproval"], states["SettleApproval"]
    assert [ask["Next"], *(each["Next"] for each in ask["Catch"])] == ["SettleApproval"] * 2
    assert settle["Next"] == "DecideOnApproval"
    decided = states["DecideOnApproval"]
    ways = {
        status: next(
            (
                choice["Next"]
                for choice in decided["Choices"]
                if evaluated(choice["Condition"], input={"status": status})
            ),
            decided["Default"],
        )
        for status in ("APPROVED", "PENDING", "REJECTED", "EXPIRED", "SUPERSEDED")
    }
    assert ways == {
        "APPROVED": "SetApprovedRoute",
        "PENDING": "WaitToAskAgain",
        "REJECTED": "WriteCard",
        "EXPIRED": "WriteCard",
        "SUPERSEDED": "WriteCard",
    }
    pause = states["WaitToAskAgain"]
    assert (pause["Type"], pause["Next"]) == ("Wait", "AskForApproval")
    assert pause["Seconds"] >= 60
    pending: dict[str, Any] = {"result": {"Payload": {"status": "PENDING", "seconds": 9}}}
    over: dict[str, Any] = {"result": {"Payload": {"status": "EXPIRED", "seconds": 1}}}
    assert evaluated(settle["Assign"]["waits"], **pending) == 9
    assert evaluated(settle["Assign"]["waits"], **over) == 0


def test_the_route_says_who_approved(states: dict[str, State]) -> None:
    payload = states["SetApprovedRoute"]["Arguments"]["Payload"]
    execution = {"Execution": {"Input": {"model": "bank", "run_id": "r", "by": "AIDA1"}}}
    told = {"by": "arn:bob", "reason": "approved by arn:bob: fine"}
    wanted = evaluated(payload, {"version": 3}, context=execution, input=told)
    assert wanted == {"model": "bank", "run_id": "r", "version": 3, **told}


def test_an_approved_version_that_cannot_serve_is_told_and_fails_the_execution(
    states: dict[str, State],
) -> None:
    (catch,) = states["SetApprovedRoute"]["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "TellNotServed")
    assert states["TellNotServed"]["Next"] == "RunFailed"


def test_only_who_asks_and_who_decides_may_end_a_wait(cloud: Synthesized) -> None:
    able = {
        name
        for name in cloud.functions()
        if any(
            "states:SendTaskSuccess" in as_list(statement["Action"])
            for statement in cloud.statements_of(cloud.role_of(name))
        )
    }
    assert able == {"approve", "control"}


@pytest.fixture(scope="module")
def rollout(cloud: Synthesized) -> dict[str, State]:
    found: dict[str, State] = json.loads(cloud.machine("rollout")["DefinitionString"])["States"]
    return found


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        ({"status": "WAITING", "ask_seconds": 60, "prove": False}, "AskForApproval"),
        ({"status": "RUNNING", "ask_seconds": 0, "prove": False}, "WaitForTraffic"),
        ({"status": "PROMOTED", "ask_seconds": 0, "prove": True}, "ProveRoute"),
        ({"status": "PAUSED", "ask_seconds": 0, "prove": False}, None),
    ],
)
def test_a_rollout_that_needs_an_approval_asks_for_it(
    rollout: dict[str, State], answer: State, then: str | None
) -> None:
    choices = rollout["DecideOnRollout"]["Choices"]
    found = next((c["Next"] for c in choices if evaluated(c["Condition"], input=answer)), None)
    assert found == then


def test_a_rollout_is_looked_at_again_once_people_have_decided(rollout: dict[str, State]) -> None:
    """By the same two states as in training; what nobody has decided is asked after a pause."""
    step = rollout["StepRollout"]["Assign"]
    payload: dict[str, Any] = {"result": {"Payload": {"version": 7, "ask_seconds": 60}}}
    assert [evaluated(step[name], **payload) for name in ("version", "waits")] == [7, 60]
    ask, decided = rollout["AskForApproval"], rollout["DecideOnApproval"]
    assert ask["TimeoutSeconds"] == "{% $waits %}"
    assert [ask["Next"], *(each["Next"] for each in ask["Catch"])] == ["SettleApproval"] * 2
    assert (rollout["SettleApproval"]["Next"], decided["Default"]) == (
        "DecideOnApproval",
        "StepRollout",
    )
    (undecided,) = decided["Choices"]
    assert evaluated(undecided["Condition"], input={"status": "PENDING"})
    assert not evaluated(undecided["Condition"], input={"status": "APPROVED"})
    pause = rollout[undecided["Next"]]
    assert (pause["Type"], pause["Next"]) == ("Wait", "StepRollout")


@pytest.mark.parametrize("name", ["approve", "control"])
def test_a_wait_can_be_ended_in_both_workflows_that_wait(cloud: Synthesized, name: str) -> None:
    ended = [
        json.dumps(statement["Resource"])
        for statement in cloud.statements_of(cloud.role_of(name))
        if "states:SendTaskSuccess" in as_list(statement["Action"])
    ]
    for machine in ("training", "rollout"):
        assert any(f"perennial-{machine}" in one for one in ended), machine


def test_the_queue_of_uploads_takes_messages_of_s3_in_this_account(cloud: Synthesized) -> None:
    (policy,) = [
        each["PolicyDocument"]["Statement"]
        for name, each in cloud.resources("AWS::SQS::QueuePolicy")
        if "/UploadsQueue" in name
    ]
    (allowed,) = [statement for statement in policy if statement["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_the_bucket_tells_of_training_data_only_once_it_may(cloud: Synthesized) -> None:
    (bucket,) = [
        resource
        for name, resource in cloud.all_resources()
        if resource["Type"] == "AWS::S3::Bucket" and "/Data" in name
    ]
    (told,) = bucket["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "incoming/"}]
    assert any("UploadsQueuePolicy" in each for each in bucket["DependsOn"])


ROLES = {"data-scientist", "approver", "operator", "auditor", "application"}


def policies(cloud: Synthesized) -> dict[str, list[dict[str, Any]]]:
    return {
        each["ManagedPolicyName"].removeprefix("perennial-"): each["PolicyDocument"]["Statement"]
        for _, each in cloud.resources("AWS::IAM::ManagedPolicy")
    }


def test_there_is_a_policy_for_each_role_and_none_too_long(cloud: Synthesized) -> None:
    found = policies(cloud)
    assert set(found) == ROLES
    for name, statements in found.items():
        assert len(json.dumps(statements, separators=(",", ":"))) < 6144, name  # a quota of IAM


def test_no_role_may_do_what_a_wildcard_of_actions_would(cloud: Synthesized) -> None:
    for name, statements in policies(cloud).items():
        for statement in statements:
            assert statement["Effect"] == "Allow", name
            assert not [one for one in as_list(statement["Action"]) if "*" in one], name


def test_the_auditor_changes_nothing(cloud: Synthesized) -> None:
    reads = ("Get", "List", "Describe", "Query", "Filter", "Decrypt")
    for statement in policies(cloud)["auditor"]:
        for action in as_list(statement["Action"]):
            verb = action.partition(":")[2]
            if action == "execute-api:Invoke":
                assert "/live/GET/" in json.dumps(statement["Resource"])
            else:
                assert verb.startswith(reads), action


def test_tokens_are_in_no_partition_that_a_role_may_read(cloud: Synthesized) -> None:
    for name, statements in policies(cloud).items():
        for statement in statements:
            if "dynamodb:Query" not in as_list(statement["Action"]):
                continue
            keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert not [one for one in keys if "TOKEN#".startswith(one.rstrip("*"))], name
