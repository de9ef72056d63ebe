"""API Gateway's own refusals: keys with their limits, tokens, bodies that are too much."""

from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator.deploying import Cloud, Stack, attribute, function, ref, role

ECHO = """\
import json
def handler(event, context):
    key = event["requestContext"]["identity"].get("apiKeyId")
    told = {"start": (event["body"] or "")[:20], "base64": event["isBase64Encoded"], "key": key,
            "pad": "x" * 5000}
    return {"statusCode": 200, "body": json.dumps(told)}
"""
KEYS: dict[str, dict[str, float]] = {
    "plenty": {"RateLimit": 1000, "BurstLimit": 1000},
    "slow": {"RateLimit": 0.0001, "BurstLimit": 2},
    "few": {"RateLimit": 1000, "BurstLimit": 1000},
}


def value_of(name: str) -> str:
    return f"{name}-key-of-twenty-letters"


def method(resource: object, **properties: object) -> dict[str, object]:
    return {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": ref("Api"),
            "ResourceId": resource,
            "HttpMethod": "POST",
            "AuthorizationType": "NONE",
            "Integration": {
                "Type": "AWS_PROXY",
                "IntegrationHttpMethod": "POST",
                "Uri": {
                    "Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
                    "${Alias}/invocations"
                },
            },
            **properties,
        },
    }


def resource(part: str) -> dict[str, object]:
    parent = attribute("Api", "RootResourceId")
    properties = {"RestApiId": ref("Api"), "ParentId": parent, "PathPart": part}
    return {"Type": "AWS::ApiGateway::Resource", "Properties": properties}


def keyed(name: str) -> dict[str, object]:
    plan: dict[str, object] = {
        "ApiStages": [{"ApiId": ref("Api"), "Stage": ref("Stage")}],
        "Throttle": KEYS[name],
    }
    if name == "few":
        plan["Quota"] = {"Limit": 3, "Period": "MONTH"}
    key = {"KeyId": ref(f"Key{name}"), "KeyType": "API_KEY", "UsagePlanId": ref(f"Plan{name}")}
    return {
        f"Key{name}": {
            "Type": "AWS::ApiGateway::ApiKey",
            "Properties": {"Enabled": True, "Value": value_of(name)},
        },
        f"Plan{name}": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": plan},
        f"Joined{name}": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": key},
    }


def resources(pool_arn: str) -> dict[str, object]:
    problem = {
        "Type": "AWS::ApiGateway::GatewayResponse",
        "Properties": {
            "RestApiId": ref("Api"),
            "ResponseType": "DEFAULT_4XX",
            "ResponseParameters": {
                "gatewayresponse.header.Content-Type": "'application/problem+json'"
            },
            "ResponseTemplates": {"application/json": '{"title": "Refused"}'},
        },
    }
    stage = {"RestApiId": ref("Api"), "DeploymentId": ref("Deployment"), "StageName": "v1"}
    permission = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": ref("Alias"),
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": {
            "Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/*"
        },
    }
    authorizer = {
        "RestApiId": ref("Api"),
        "Name": "tokens",
        "Type": "COGNITO_USER_POOLS",
        "ProviderARNs": [pool_arn],
        "IdentitySource": "method.request.header.Authorization",
    }
    return {
        "Role": role("lambda.amazonaws.com"),
        "Echo": function("Role", ECHO),
        "Version": {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": ref("Echo")},
        },
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": ref("Echo"),
                "FunctionVersion": attribute("Version", "Version"),
                "Name": "live",
            },
        },
        "Api": {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {"Name": "guarded", "MinimumCompressionSize": 1024},
        },
        "Problem": problem,
        "Tokens": {"Type": "AWS::ApiGateway::Authorizer", "Properties": authorizer},
        "KeyPath": resource("key"),
        "TokenPath": resource("token"),
        "WithKey": method(ref("KeyPath"), ApiKeyRequired=True),
        "WithToken": method(
            ref("TokenPath"), AuthorizationType="COGNITO_USER_POOLS", AuthorizerId=ref("Tokens")
        ),
        "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["WithKey", "WithToken", "Problem"],
            "Properties": {"RestApiId": ref("Api")},
        },
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": stage},
        **keyed("plenty"),
        **keyed("slow"),
        **keyed("few"),
    }


@dataclass
class Caller:
    """Sends requests to the API under test."""

    cloud: Cloud
    stack: Stack
    pool: str

    def __call__(
        self, key: str | None = "plenty", body: bytes = b"{}", path: str = "/key", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        url = self.cloud.emulator.api_url(self.stack["Api"], "v1") + path
        request = urllib.request.Request(url, data=body, method="POST")
        request.add_header("Content-Type", "application/json")
        if key:
            request.add_header("x-api-key", value_of(key))
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def told(self, *args: Any, **named: Any) -> dict[str, Any]:
        status, _, body = self(*args, **named)
        assert status == 200, body
        document: dict[str, Any] = json.loads(body)
        return document


@pytest.fixture(scope="module")
def call(cloud: Cloud) -> Caller:
    pool = cloud.client("cognito-idp").create_user_pool(PoolName="people")["UserPool"]
    names = ("Api", "Echo", "Keyplenty")
    stack = cloud.deploy(resources(pool["Arn"]), {name: ref(name) for name in names})
    return Caller(cloud, stack, pool["Id"])


def refused(answer: tuple[int, dict[str, str], bytes], status: int) -> None:
    assert answer[0] == status
    assert json.loads(answer[2]) == {"title": "Refused"}


def test_an_api_calls_the_alias_and_names_the_key(call: Caller) -> None:
    assert call.told()["key"] == call.stack["Keyplenty"]


def test_the_calls_of_an_alias_are_counted_as_its_own(call: Caller) -> None:
    call.told()
    name = call.stack["Echo"]
    found = call.cloud.client("cloudwatch").list_metrics(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[
            {"Name": "FunctionName", "Value": name},
            {"Name": "Resource", "Value": f"{name}:live"},
        ],
    )
    assert len(found["Metrics"]) == 1


def test_a_key_over_its_burst_is_refused_and_the_others_are_not(call: Caller) -> None:
    assert [call("slow")[0] for _ in range(2)] == [200, 200]
    refused(call("slow"), 429)
    assert call("plenty")[0] == 200


def test_a_key_over_its_quota_is_refused_and_the_others_are_not(call: Caller) -> None:
    assert [call("few")[0] for _ in range(3)] == [200] * 3
    refused(call("few"), 429)
    assert call("plenty")[0] == 200


def test_no_key_is_refused(call: Caller) -> None:
    refused(call(None), 403)


@pytest.mark.parametrize("coding", ["gzip", "GZIP"])
def test_a_compressed_body_arrives_unpacked(call: Caller, coding: str) -> None:
    told = call.told(body=gzip.compress(b'{"rows": []}'), Content_Encoding=coding)
    assert (told["start"], told["base64"]) == ('{"rows": []}', False)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b'{"rows": []}', "gzip"),
        (gzip.compress(b'{"rows": []}')[:-4], "gzip"),
        (b"{}", "br"),
        (gzip.compress(b"{}"), "gzip, gzip"),
    ],
    ids=["not packed", "cut short", "unknown", "packed twice"],
)
def test_a_body_that_is_not_what_its_encoding_says_is_refused(
    call: Caller, body: bytes, coding: str
) -> None:
    refused(call(body=body, Content_Encoding=coding), 415)


def test_a_gzip_bomb_is_not_unpacked(call: Caller) -> None:
    refused(call(body=gzip.compress(b" " * 11_000_000), Content_Encoding="gzip"), 413)


@pytest.mark.parametrize("megabytes", [7, 11])
def test_a_body_that_lambda_or_the_gateway_would_not_take_is_refused(
    call: Caller, megabytes: int
) -> None:
    refused(call(body=b" " * megabytes * 1_000_000), 413)


def test_a_long_answer_is_compressed_for_who_asks_for_it(call: Caller) -> None:
    _, headers, body = call(Accept_Encoding="gzip, br")
    assert headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(body))["pad"]) == 5000
    assert "Content-Encoding" not in call()[1]


def test_only_a_token_of_the_pool_opens_what_wants_one(call: Caller) -> None:
    refused(call("plenty", path="/token"), 401)
    refused(call("plenty", path="/token", Authorization="Bearer a.b.c"), 401)
    token = token_of(call.cloud.client("cognito-idp"), call.pool)
    assert call(None, path="/token", Authorization=token)[0] == 200
    refused(call(None, path="/token", Authorization=token[:-6] + "AAAAAA"), 401)


def token_of(users: Any, pool: str) -> str:
    """A token of somebody in the pool."""
    client = users.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    name, word = "ada", "Correct-horse-1"
    users.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    users.admin_set_user_password(UserPoolId=pool, Username=name, Password=word, Permanent=True)
    given = users.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": word},
    )
    return str(given["AuthenticationResult"]["IdToken"])
