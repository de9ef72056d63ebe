"""With IAM enforced, one service calls another only where roles and policies let it."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.emulator.deploying import (
    Cloud,
    Stack,
    allow,
    attribute,
    eventually,
    function,
    ref,
    role,
)

ANSWER = "def handler(event, context): return {'statusCode': 200, 'body': 'hello'}"


def machine(role_id: str, states: dict[str, Any]) -> dict[str, object]:
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": attribute(role_id, "Arn"),
            "DefinitionString": {"Fn::Sub": json.dumps(definition)},
        },
    }


def rule(name: str, target: dict[str, object]) -> dict[str, object]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": ["test"], "detail-type": [name]},
            "Targets": [{"Id": "t", **target}],
        },
    }


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "${Function}", "Payload": {}},
        "Output": "{% $states.result.Payload.body %}",
        "Catch": [
            {
                "ErrorEquals": ["Lambda.AWSLambdaException"],
                "Output": "{% $states.errorOutput.Cause %}",
                "Next": "Refused",
            }
        ],
        "End": True,
    }
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
        "Arguments": {"TableName": "${Table}", "Key": {"id": {"S": "1"}}},
        "End": True,
    }
    states = {"Call": call, "Refused": {"Type": "Pass", "End": True}}
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    wait = {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}
    integration = {
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Uri": {
            "Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            "${Function.Arn}/invocations"
        },
    }

    def method(resource: object) -> dict[str, object]:
        properties = {
            "RestApiId": ref("Api"),
            "ResourceId": resource,
            "HttpMethod": "POST",
            "AuthorizationType": "NONE",
            "Integration": integration,
        }
        return {"Type": "AWS::ApiGateway::Method", "Properties": properties}

    def path(part: str) -> dict[str, object]:
        parent = attribute("Api", "RootResourceId")
        properties = {"RestApiId": ref("Api"), "ParentId": parent, "PathPart": part}
        return {"Type": "AWS::ApiGateway::Resource", "Properties": properties}

    resources = {
        "FunctionRole": role("lambda.amazonaws.com"),
        "Function": function("FunctionRole", ANSWER),
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "May": role(
            "states.amazonaws.com", allow("lambda:InvokeFunction", on=attribute("Function", "Arn"))
        ),
        "MayNot": role("states.amazonaws.com", allow("lambda:InvokeFunction", on="arn:aws:x")),
        "Allowed": machine("May", states),
        "Denied": machine("MayNot", states),
        "NoRead": machine("May", {"Read": read}),
        "Waiting": machine("May", wait),
        "EventRole": role(
            "events.amazonaws.com", allow("states:StartExecution", on=ref("Waiting"))
        ),
        "EmptyRole": role("events.amazonaws.com"),
        "Starts": rule("starts", {"Arn": ref("Waiting"), "RoleArn": attribute("EventRole", "Arn")}),
        "StartsNot": rule(
            "starts-not", {"Arn": ref("Waiting"), "RoleArn": attribute("EmptyRole", "Arn")}
        ),
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "permissions"}},
        "Open": path("open"),
        "Closed": path("closed"),
        "PostOpen": method(ref("Open")),
        "PostClosed": method(ref("Closed")),
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["PostOpen", "PostClosed"],
            "Properties": {"RestApiId": ref("Api")},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": ref("Api"),
                "DeploymentId": ref("Deployment"),
                "StageName": "v1",
            },
        },
        "MayCall": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": ref("Function"),
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": {
                    "Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:"
                    "${Api}/v1/POST/open"
                },
            },
        },
    }
    names = ("Allowed", "Denied", "NoRead", "Waiting", "Api")
    return cloud.deploy(resources, {name: ref(name) for name in names})


def run(cloud: Cloud, machine_arn: str) -> dict[str, Any]:
    states = cloud.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=machine_arn)["executionArn"]

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    return eventually(look)


def test_workflow_calls_what_its_role_allows(cloud: Cloud, stack: Stack) -> None:
    assert json.loads(run(cloud, stack["Allowed"])["output"]) == "hello"


def test_workflow_without_the_right_fails_and_can_catch_it(cloud: Cloud, stack: Stack) -> None:
    cause = json.loads(run(cloud, stack["Denied"])["output"])
    assert "not authorized to perform: lambda:InvokeFunction" in cause


def test_workflow_reads_no_table_without_the_right(cloud: Cloud, stack: Stack) -> None:
    ended = run(cloud, stack["NoRead"])
    assert ended["status"] == "FAILED"
    assert "dynamodb:GetItem" in ended["cause"]


def test_rule_starts_a_workflow_only_with_a_role_that_may(cloud: Cloud, stack: Stack) -> None:
    states = cloud.client("stepfunctions")
    for name in ("starts-not", "starts"):
        entry = {"Source": "test", "DetailType": name, "Detail": "{}"}
        cloud.client("events").put_events(Entries=[entry])

    def started() -> list[Any]:
        found: list[Any] = states.list_executions(stateMachineArn=stack["Waiting"])["executions"]
        return found

    assert len(eventually(started)) == 1


def post(cloud: Cloud, stack: Stack, path: str, body: bytes = b"{}") -> tuple[int, bytes]:
    url = cloud.emulator.api_url(stack["Api"], "v1") + path
    request = urllib.request.Request(url, data=body, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_api_calls_only_functions_whose_policy_lets_it(cloud: Cloud, stack: Stack) -> None:
    assert post(cloud, stack, "/open") == (200, b"hello")
    assert post(cloud, stack, "/closed") == (500, b'{"message": "Internal server error"}')


def test_request_over_ten_megabytes_is_refused(cloud: Cloud, stack: Stack) -> None:
    status, body = post(cloud, stack, "/open", b"x" * (10 * 1024 * 1024 + 1))
    assert (status, b"exceeded 10485760 bytes" in body) == (413, True)


def test_requests_of_an_api_are_counted(cloud: Cloud, stack: Stack) -> None:
    post(cloud, stack, "/open")
    dimensions = [{"Name": "ApiName", "Value": "permissions"}, {"Name": "Stage", "Value": "v1"}]
    found = cloud.client("cloudwatch").list_metrics(
        Namespace="AWS/ApiGateway", Dimensions=dimensions
    )
    names = {metric["MetricName"] for metric in found["Metrics"]}
    assert names == {"Count", "Latency", "4XXError", "5XXError"}
