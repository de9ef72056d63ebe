"""Who may call the API: what the settings make of it, each bare and full."""

from __future__ import annotations

import json
from typing import Any

import cfnlint.api
from cfnlint.config import ManualArgs

from stacks.constructs.api_paths import PATHS, Who
from tests.infrastructure.templates import ROOT, Synthesized

POOL = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Abc"


def methods(synthesized: Synthesized, verb: str | None = None) -> list[dict[str, Any]]:
    found = [each for _, each in synthesized.resources("AWS::ApiGateway::Method")]
    return [each for each in found if verb is None or each["HttpMethod"] == verb]


def plans(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    found = synthesized.resources("AWS::ApiGateway::UsagePlan")
    return {plan["UsagePlanName"]: plan for _, plan in found}


def test_each_key_has_limits_of_its_own(full: Synthesized) -> None:
    app, batch = plans(full)["Perennial-app"], plans(full)["Perennial-batch"]
    assert app["Throttle"] == {"RateLimit": 5, "BurstLimit": 10}
    assert app["Quota"] == {"Limit": 1000, "Period": "DAY"}
    assert batch["Throttle"] == {"RateLimit": 100, "BurstLimit": 100}
    assert batch["Quota"] == {"Limit": 1_000_000, "Period": "MONTH"}
    assert len(list(full.resources("AWS::ApiGateway::ApiKey"))) == 2
    assert len(list(full.resources("AWS::ApiGateway::UsagePlanKey"))) == 2


def test_one_key_is_there_without_a_setting(cloud: Synthesized) -> None:
    assert set(plans(cloud)) == {"Perennial-default"}


def test_all_keys_together_get_through_the_stage(full: Synthesized) -> None:
    settings = full.only("AWS::ApiGateway::Stage")["MethodSettings"][0]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (105, 110)


def of_callers(synthesized: Synthesized) -> list[dict[str, Any]]:
    """Methods that are neither an operator's nor a browser's."""
    return [
        each
        for each in methods(synthesized)
        if each["AuthorizationType"] != "AWS_IAM" and each["HttpMethod"] != "OPTIONS"
    ]


def test_a_token_is_wanted_beside_the_key(full: Synthesized) -> None:
    authorizer = full.only("AWS::ApiGateway::Authorizer")
    assert authorizer["ProviderARNs"] == [POOL]
    for method in of_callers(full):
        assert method["AuthorizationType"] == "COGNITO_USER_POOLS"
        assert method["AuthorizationScopes"] == ["models/predict"]
        assert method["ApiKeyRequired"] is True


def test_a_token_alone_can_be_enough(other: Synthesized) -> None:
    tokens = other
    asked = [each for each in of_callers(tokens) if each["HttpMethod"] == "POST"]
    assert {each["AuthorizationType"] for each in asked} == {"COGNITO_USER_POOLS"}
    assert {each["ApiKeyRequired"] for each in asked} == {False}
    assert list(tokens.resources("AWS::Cognito::UserPool")) == []
    told = tokens.functions()["manage"]["Environment"]["Variables"]
    assert told["PERENNIAL_AUTH"] == "cognito"


def test_what_changes_something_is_signed_whatever_callers_show(
    cloud: Synthesized, full: Synthesized
) -> None:
    operations = [verb for path in PATHS if path.who is Who.OPERATORS for verb in path.methods]
    for synthesized in (cloud, full):
        signed = [each for each in methods(synthesized) if each["AuthorizationType"] == "AWS_IAM"]
        assert sorted(each["HttpMethod"] for each in signed) == sorted(operations)
        assert {each["ApiKeyRequired"] for each in signed} == {False}


def test_every_signed_operation_is_explained_with_the_right_it_takes() -> None:
    page = (ROOT / "docs" / "access.md").read_text("utf-8")
    signed = [(path, one) for path in PATHS if path.who is Who.OPERATORS for one in path.methods]
    assert signed
    for path, method in signed:
        assert f"`{method} {path.path}`" in page
        resource = path.path.replace("{model}", "MODEL")
        assert f"`.../live/{method}{resource}`" in page


def test_pages_may_call_only_where_origins_are_named(cloud: Synthesized, full: Synthesized) -> None:
    assert methods(cloud, "OPTIONS") == []
    assert "PERENNIAL_CORS_ORIGINS" not in json.dumps(cloud.templates)
    asked = methods(full, "OPTIONS")
    assert len(asked) == len({path.path for path in PATHS if path.methods})
    assert {(each["AuthorizationType"], each["ApiKeyRequired"]) for each in asked} == {
        ("NONE", False)
    }
    for name in ("predict", "manage", "control"):
        told = full.functions()[name]["Environment"]["Variables"]
        assert told["PERENNIAL_CORS_ORIGINS"] == "https://app.example,https://b.example"
    assert "'*'" not in json.dumps(full.templates)


def test_a_refusal_is_readable_by_the_only_page_that_may_call(other: Synthesized) -> None:
    for name, response in other.resources("AWS::ApiGateway::GatewayResponse"):
        origin = response["ResponseParameters"][
            "gatewayresponse.header.Access-Control-Allow-Origin"
        ]
        assert origin == "'https://app.example'", name


def test_the_page_that_explains_the_api_can_want_a_key_too(full: Synthesized) -> None:
    by_key = [each for each in methods(full, "GET") if each["AuthorizationType"] != "AWS_IAM"]
    assert {each["ApiKeyRequired"] for each in by_key} == {True}


def test_a_firewall_stands_in_front_only_when_wanted(cloud: Synthesized, full: Synthesized) -> None:
    assert list(cloud.resources("AWS::WAFv2::WebACL")) == []
    rules = full.only("AWS::WAFv2::WebACL")["Rules"]
    limits = [r["Statement"].get("RateBasedStatement", {}).get("Limit") for r in rules]
    assert limits == [None, None, 500]
    assert sorted(rule["Priority"] for rule in rules) == [0, 1, 2]
    association = full.only("AWS::WAFv2::WebACLAssociation")
    assert "/stages/" in json.dumps(association["ResourceArn"])
    assert "CommonRuleSet" not in json.dumps(rules)


def test_a_host_name_leads_to_the_api(cloud: Synthesized, full: Synthesized) -> None:
    assert list(cloud.resources("AWS::ApiGateway::DomainName")) == []
    name = full.only("AWS::ApiGateway::DomainName")
    assert (name["DomainName"], name["SecurityPolicy"]) == ("api.example.org", "TLS_1_2")
    outputs = full.templates["Perennial-Serving"]["Outputs"]
    assert outputs["ApiUrl"]["Value"] == "https://api.example.org/"
    assert "ApiTarget" in outputs
    assert full.only("AWS::Route53::RecordSet")["HostedZoneId"] == "Z123"


def test_every_refusal_has_the_form_of_a_problem(cloud: Synthesized) -> None:
    responses = list(cloud.resources("AWS::ApiGateway::GatewayResponse"))
    assert {r["ResponseType"] for _, r in responses} >= {
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "THROTTLED",
        "QUOTA_EXCEEDED",
        "REQUEST_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
    }
    for name, response in responses:
        document = json.loads(response["ResponseTemplates"]["application/json"])
        assert document["error"] == document["detail"], name
        assert document.get("status", 0) in (0, int(response.get("StatusCode", 0))), name
        kind = response["ResponseParameters"]["gatewayresponse.header.Content-Type"]
        assert kind == "'application/problem+json'"


def test_whoever_has_no_right_is_told_the_same(cloud: Synthesized) -> None:
    told = {
        response["ResponseType"]: (
            response["StatusCode"],
            response["ResponseTemplates"]["application/json"],
        )
        for _, response in cloud.resources("AWS::ApiGateway::GatewayResponse")
        if response.get("StatusCode") == "403"
    }
    assert set(told) >= {"INVALID_API_KEY", "MISSING_AUTHENTICATION_TOKEN", "ACCESS_DENIED"}
    assert len(set(told.values())) == 1


def test_an_api_has_room_for_all_its_paths(full: Synthesized) -> None:
    """300 resources in an API, and 20 KB of policy of a function (service quotas)."""
    assert len(list(full.resources("AWS::ApiGateway::Resource"))) <= 300
    permissions = [p for n, p in full.resources("AWS::Lambda::Permission") if "Serving" in n]
    assert len(permissions) <= 5


def test_cfn_lint_finds_nothing_in_the_fullest_api(full: Synthesized) -> None:
    path = full.folder / "Perennial-Serving.template.json"
    choices = ManualArgs(regions=["us-east-1"], ignore_checks=["W3005"])
    found = cfnlint.api.lint(path.read_text("utf-8"), config=choices)
    assert [str(match) for match in found] == []
