"""Who may do what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infrastructure.templates import Synthesized, as_list

# Statements whose actions know no narrower resource, by the role's construct.
LOGGED = {
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
_DELIVERY = {  # of a workflow's log
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
BOUNDLESS = {
    "WorkflowRole": {"batch:DescribeJobs", "batch:TerminateJob"} | _DELIVERY,
    "MonitoringRole": _DELIVERY,
    "RetrainingRole": _DELIVERY,
    "SecondLookRole": _DELIVERY,
    "RollbackWorkflowRole": _DELIVERY,
    "RolloutWorkflowRole": _DELIVERY,
    "TrainExecutionRole": {"ecr:GetAuthorizationToken"},
    "RolloutStepRole": {"cloudwatch:GetMetricData"},
}


def policies(synthesized: Synthesized) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name.split("/")[1], statement)
        for name, policy in synthesized.resources("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def actions_on(synthesized: Synthesized, role: str, service: str) -> set[str]:
    return {
        action
        for statement in synthesized.statements_of(role)
        for action in as_list(statement["Action"])
        if action.startswith(f"{service}:")
    }


def test_no_action_is_a_wildcard(cloud: Synthesized) -> None:
    found = [
        (name, action)
        for name, statement in policies(cloud)
        for action in as_list(statement["Action"])
        if "*" in action
    ]
    assert found == []


def test_every_resource_is_named_where_the_service_allows_it(cloud: Synthesized) -> None:
    for name, statement in policies(cloud):
        if "*" in as_list(statement["Resource"]):
            allowed = next(
                (what for role, what in BOUNDLESS.items() if name.startswith(role)), set()
            )
            assert set(as_list(statement["Action"])) <= allowed, name


def test_nothing_is_allowed_by_exclusion(cloud: Synthesized) -> None:
    text = json.dumps(policies(cloud))
    assert "NotAction" not in text
    assert "NotResource" not in text


def test_every_function_has_a_role_and_a_log_group_of_its_own(cloud: Synthesized) -> None:
    functions = cloud.functions()
    roles = {json.dumps(each["Role"]) for each in functions.values()}
    groups = {json.dumps(each["LoggingConfig"]["LogGroup"]) for each in functions.values()}
    assert len(roles) == len(groups) == len(functions)


def test_a_function_writes_its_own_log_only(cloud: Synthesized) -> None:
    for name, function in cloud.functions().items():
        group = function["LoggingConfig"]["LogGroup"]["Ref"]
        logs = [
            statement
            for statement in cloud.statements_of(cloud.role_of(name))
            if any(action.startswith("logs:") for action in as_list(statement["Action"]))
        ]
        assert [statement["Resource"] for statement in logs] == [{"Fn::GetAtt": [group, "Arn"]}]


def test_predict_reads_the_route_and_artifacts_and_nothing_else(cloud: Synthesized) -> None:
    role = cloud.role_of("predict")
    assert actions_on(cloud, role, "dynamodb") == {"dynamodb:GetItem"}
    assert actions_on(cloud, role, "s3") == {"s3:GetObject"}
    assert "DataBucket" not in json.dumps(cloud.statements_of(role))
    (reads,) = [s for s in cloud.statements_of(role) if s["Action"] == "dynamodb:GetItem"]
    assert reads["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["MODEL#*"]}}


def test_manage_changes_nothing(cloud: Synthesized) -> None:
    role = cloud.role_of("manage")
    assert actions_on(cloud, role, "dynamodb") == {"dynamodb:GetItem", "dynamodb:Query"}
    assert actions_on(cloud, role, "s3") == {"s3:GetObject"}


def test_only_register_writes_artifacts(cloud: Synthesized) -> None:
    writers = {
        name
        for name, statement in policies(cloud)
        if "s3:PutObject" in as_list(statement["Action"])
        and "ArtifactBucket" in json.dumps(statement["Resource"])
        and "/artifacts/*" in json.dumps(statement["Resource"])
    }
    assert len(writers) == 1
    assert writers.pop().startswith("RegisterRole")


def test_nobody_updates_or_deletes_an_event_of_a_history(cloud: Synthesized) -> None:
    changing = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    changing |= {f"dynamodb:PartiQL{verb}" for verb in ("Update", "Delete", "Insert")}
    found = [s for _, s in policies(cloud) if changing & {*as_list(s["Action"])}]
    spared = {"ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": ["HISTORY#*"]}}
    assert found
    for statement in found:
        assert statement["Condition"] == spared


def test_only_who_tells_of_something_may_add_to_a_history(cloud: Synthesized) -> None:
    """Functions that change no version and no route put their items elsewhere only."""
    anywhere: set[str] = set()
    elsewhere: set[str] = set()
    for name, statement in policies(cloud):
        if "dynamodb:PutItem" in as_list(statement["Action"]):
            (elsewhere if "Condition" in statement else anywhere).add(name.partition("Role")[0])
    assert elsewhere == {"Trigger", "Validate", "Conclude"}
    telling = {"Register", "Route", "Approve", "Control", "React", "Prove", "Rollback"}
    assert anywhere - {"Forget"} == telling | {"RolloutStep"}


def test_heads_of_histories_are_written_once_and_by_one_function(cloud: Synthesized) -> None:
    writers = [
        (name, statement)
        for name, statement in policies(cloud)
        if "/heads/*" in json.dumps(statement["Resource"])
    ]
    ((name, statement),) = writers
    assert name.startswith("AnchorRole")
    assert statement["Action"] == "s3:PutObject"
    assert statement["Condition"] == {"Null": {"s3:if-none-match": "false"}}


def test_who_audits_cannot_write_what_it_judges(cloud: Synthesized) -> None:
    role = cloud.role_of("audit")
    assert actions_on(cloud, role, "dynamodb") == {"dynamodb:GetItem", "dynamodb:Query"}
    assert actions_on(cloud, role, "s3") == {"s3:ListBucketVersions"}
    (reads,) = [s for s in cloud.statements_of(role) if "dynamodb:Query" in as_list(s["Action"])]
    partitions = {"dynamodb:LeadingKeys": ["MODEL#*", "HISTORY#*"]}
    assert reads["Condition"] == {"ForAllValues:StringLike": partitions}
    (calls,) = [s for s in cloud.statements_of(role) if s["Action"] == "lambda:InvokeFunction"]
    assert json.dumps(calls["Resource"]).count("function:perennial-audit") == 1


def test_heads_of_histories_are_kept_from_everybody(cloud: Synthesized) -> None:
    kept = {
        statement["Sid"]: statement
        for _, policy in cloud.resources("AWS::S3::BucketPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "Sid" in statement
    }
    removing, replacing = kept["HeadsAreNotRemoved"], kept["HeadsAreNotReplaced"]
    for statement in (removing, replacing):
        assert (statement["Effect"], statement["Principal"]) == ("Deny", {"AWS": "*"})
        assert "/heads/*" in json.dumps(statement["Resource"])
    assert removing["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert replacing["Condition"] == {"Null": {"s3:if-none-match": "true"}}


def test_nobody_writes_or_deletes_uploads(cloud: Synthesized) -> None:
    for name, statement in policies(cloud):
        touched = json.dumps(statement["Resource"])
        if "/incoming/" in touched:
            assert set(as_list(statement["Action"])) <= {"s3:GetObject", "s3:GetObjectVersion"}
        assert "s3:DeleteObject" not in as_list(statement["Action"]), name


def test_training_touches_no_record_and_no_artifact(cloud: Synthesized) -> None:
    job = cloud.only("AWS::Batch::JobDefinition")
    role = job["ContainerProperties"]["JobRoleArn"]["Fn::GetAtt"][0]
    statements = cloud.statements_of(role)
    assert {a.split(":")[0] for s in statements for a in as_list(s["Action"])} == {"s3"}
    assert "ArtifactBucket" not in json.dumps(statements)
    assert job["ContainerProperties"]["ExecutionRoleArn"] != {"Fn::GetAtt": [role, "Arn"]}


@pytest.mark.parametrize("function", ["trigger", "conclude"])
def test_who_starts_runs_starts_this_workflow_only(cloud: Synthesized, function: str) -> None:
    starting = [
        statement
        for statement in cloud.statements_of(cloud.role_of(function))
        if "states:StartExecution" in as_list(statement["Action"])
    ]
    assert len(starting) == 1
    assert "stateMachine:perennial-training" in json.dumps(starting[0]["Resource"])


def test_step_functions_takes_roles_on_for_this_account_only(cloud: Synthesized) -> None:
    trusts = [
        statement
        for _, role in cloud.resources("AWS::IAM::Role")
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "states.amazonaws.com"}
    ]
    assert len(trusts) == len(list(cloud.resources("AWS::StepFunctions::StateMachine"))) > 0
    for trust in trusts:
        own = trust["Condition"]["StringEquals"]["aws:SourceAccount"]
        assert own in ({"Ref": "AWS::AccountId"}, "123456789012")


def test_storage_refers_to_no_other_stack(cloud: Synthesized) -> None:
    assert "Fn::ImportValue" not in json.dumps(cloud.templates["Perennial-Storage"])


def test_training_and_serving_refer_to_storage_only(cloud: Synthesized) -> None:
    for stack in ("Perennial-Training", "Perennial-Serving"):
        for name, resource in cloud.templates[stack]["Resources"].items():
            text = json.dumps(resource)
            assert text.count("Fn::ImportValue") == text.count("Perennial-Storage:"), name


def test_no_function_of_cdk_itself_is_brought_in(cloud: Synthesized) -> None:
    kinds = {resource["Type"] for _, resource in cloud.all_resources()}
    assert not {kind for kind in kinds if kind.startswith(("Custom::", "AWS::CloudFormation::"))}
    assert {each["Runtime"] for each in cloud.functions().values()} == {"python3.13"}
