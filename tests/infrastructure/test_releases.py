"""Code of the endpoint is released in steps, and taken back by an alarm."""

from __future__ import annotations

import json
from pathlib import Path

from stacks.app import build_app
from stacks.constructs.code_release import _STEPS
from stacks.layers import pack_layer
from stacks.release_settings import ALL_AT_ONCE, ReleaseSettings
from tests.infrastructure.conftest import archives
from tests.infrastructure.templates import ROOT, Synthesized, read


def version_of(synthesized: Synthesized) -> str:
    return str(synthesized.only("AWS::Lambda::Alias")["FunctionVersion"]["Fn::GetAtt"][0])


def test_the_api_calls_the_alias_and_never_the_newest_code(cloud: Synthesized) -> None:
    (alias,) = [name.split("/")[1] for name, _ in cloud.resources("AWS::Lambda::Alias")]
    predict = [
        json.dumps(method["Integration"]["Uri"])
        for _, method in cloud.resources("AWS::ApiGateway::Method")
        if "Predict" in json.dumps(method["Integration"]["Uri"])
        or alias in json.dumps(method["Integration"]["Uri"])
    ]
    assert len(predict) > 10
    assert all(alias in uri and "PredictFunction" not in uri for uri in predict)


def test_a_share_of_the_requests_meets_new_code_first(cloud: Synthesized) -> None:
    group = cloud.only("AWS::CodeDeploy::DeploymentGroup")
    assert "LambdaCanary10Percent5Minutes" in json.dumps(group["DeploymentConfigName"])
    ((_, alias),) = [
        (name, resource)
        for name, resource in cloud.all_resources()
        if resource["Type"] == "AWS::Lambda::Alias"
    ]
    assert "CodeDeployLambdaAliasUpdate" in alias["UpdatePolicy"]


def test_an_alarm_takes_a_release_back(cloud: Synthesized) -> None:
    group = cloud.only("AWS::CodeDeploy::DeploymentGroup")
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    alarms = {
        name.split("/")[1]: alarm.get("MetricName")  # none: a formula
        for name, alarm in cloud.resources("AWS::CloudWatch::Alarm")
    }
    watching = {alarms[alarm["Name"]["Ref"]] for alarm in group["AlarmConfiguration"]["Alarms"]}
    assert watching == {"5XXError", "Latency", "Errors"}
    assert group["AlarmConfiguration"]["Enabled"] is True


def test_a_release_can_be_all_at_once(other: Synthesized) -> None:
    assert list(other.resources("AWS::CodeDeploy::DeploymentGroup")) == []
    assert len(list(other.resources("AWS::Lambda::Alias"))) == 1


def test_every_way_to_release_is_one_that_codedeploy_has() -> None:
    schema = ReleaseSettings.model_json_schema()["properties"]["release"]
    assert set(schema["enum"]) == {*_STEPS, ALL_AT_ONCE}


def test_nothing_is_kept_warm_unless_wanted(cloud: Synthesized, full: Synthesized) -> None:
    text = json.dumps(cloud.templates["Perennial-Serving"])
    assert "ProvisionedConcurrency" not in text
    assert "SnapStart" not in text
    alias = full.only("AWS::Lambda::Alias")
    assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 3}


def test_only_predict_starts_from_a_snapshot(other: Synthesized) -> None:
    starting = {n for n, each in other.functions().items() if "SnapStart" in each}
    assert starting == {"predict"}
    assert other.functions()["predict"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_a_change_of_a_layer_alone_is_a_new_version(cloud: Synthesized, tmp_path: Path) -> None:
    """The domain package and the specs are layers: without this most releases would be none."""
    store = tmp_path / "store"
    layers = archives("cloud", store)
    layers["perennial"] = pack_layer("perennial", {"layer": b"another"}, store)
    app = build_app(ROOT, {"target": "cloud"}, outdir=tmp_path / "out", archives=layers)
    app.synth()
    assert version_of(read(tmp_path / "out")) != version_of(cloud)
