"""A role may do what its function needs, and nothing else: tried with IAM enforced."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.e2e.platform import Platform


def acting_as(platform: Platform, function: str, service: str) -> object:
    """A client with the rights of a function's own role."""
    role = platform.client("lambda").get_function(FunctionName=f"perennial-{function}")[
        "Configuration"
    ]["Role"]
    session = platform.client("sts").assume_role(RoleArn=role, RoleSessionName="trial")
    keys = session["Credentials"]
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=platform.emulator.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        config=Config(s3={"addressing_style": "path"}),
    )


FUNCTIONS = [
    "trigger",
    "validate",
    "evaluate",
    "register",
    "route",
    "approve",
    "conclude",
    "predict",
    "manage",
    "control",
    "submit",
    "plan",
    "score",
    "collect",
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_delete_or_read_what_is_not_its_own(
    platform: Platform, function: str
) -> None:
    s3 = acting_as(platform, function, "s3")
    for bucket in (platform.outputs["DataBucketName"], platform.outputs["ArtifactBucketName"]):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=bucket, Key="runs/wine/x")  # type: ignore[attr-defined]
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket=bucket, Key="secrets/x")  # type: ignore[attr-defined]
    iam = acting_as(platform, function, "iam")
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.list_roles()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "function", ["predict", "manage", "evaluate", "submit", "plan", "score", "collect"]
)
def test_those_who_only_read_cannot_change_the_registry(platform: Platform, function: str) -> None:
    table = acting_as(platform, function, "dynamodb")
    with pytest.raises(ClientError, match="AccessDenied"):
        table.put_item(  # type: ignore[attr-defined]
            TableName=platform.outputs["TableName"],
            Item={"pk": {"S": "MODEL#wine"}, "sk": {"S": "ROUTE"}},
        )


def test_only_trigger_and_conclude_may_start_a_workflow(platform: Platform) -> None:
    for function in FUNCTIONS:
        if function in ("trigger", "conclude"):
            continue
        client = acting_as(platform, function, "stepfunctions")
        with pytest.raises(ClientError, match="AccessDenied"):
            client.start_execution(  # type: ignore[attr-defined]
                stateMachineArn=platform.outputs["StateMachineArn"], input="{}"
            )
