"""The key of pseudonyms, who may use it, who may delete for good, and how long things are kept."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.infrastructure.conftest import synthesize
from tests.infrastructure.templates import ROOT, Synthesized, as_list

STACK = "Perennial-Forgetting"
MAY_DERIVE = {"validate", "predict", "shadow", "outcome", "record", "score", "control", "forget"}


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A deployment whose only model is about persons; cdk-nag has nothing to say."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(ROOT / "tests" / "e2e" / "models" / "patients.yaml", folder)
    out = tmp_path_factory.mktemp("private")
    return synthesize("cloud", out, models=str(folder), streams=True, encryption="kms")


def actions(synthesized: Synthesized, function: str) -> set[str]:
    return {
        action
        for statement in synthesized.statements_of(synthesized.role_of(function))
        for action in as_list(statement["Action"])
    }


def test_without_persons_nothing_is_deployed_for_them(cloud: Synthesized) -> None:
    assert STACK not in cloud.templates
    assert list(cloud.resources("AWS::KMS::Key")) == [] or all(
        key.get("KeySpec") != "HMAC_256" for _, key in cloud.resources("AWS::KMS::Key")
    )
    assert "PERENNIAL_PRIVACY_KEY" not in json.dumps(cloud.templates)
    assert not [name for name in cloud.functions() if "kms:GenerateMac" in actions(cloud, name)]


def test_the_key_makes_codes_and_nothing_else(private: Synthesized) -> None:
    (key,) = [
        key for _, key in private.resources("AWS::KMS::Key") if key.get("KeySpec") == "HMAC_256"
    ]
    assert key["KeyUsage"] == "GENERATE_VERIFY_MAC"
    assert "EnableKeyRotation" not in key


def test_the_key_outlives_its_stack(private: Synthesized) -> None:
    (whole,) = [
        each
        for _, each in private.all_resources()
        if each.get("Properties", {}).get("KeySpec") == "HMAC_256"
    ]
    assert whole["DeletionPolicy"] == "Retain"


def test_only_who_meets_persons_may_derive_the_secret(private: Synthesized) -> None:
    able = {name for name in private.functions() if "kms:GenerateMac" in actions(private, name)}
    assert able == MAY_DERIVE | {"stream"}
    for name in able:
        variables = private.functions()[name]["Environment"]["Variables"]
        assert variables["PERENNIAL_PRIVACY_KEY"] == {
            "Fn::ImportValue": "Perennial-Storage:PrivacyKeyArn"
        } or "PrivacyKeyArn" in json.dumps(variables["PERENNIAL_PRIVACY_KEY"])


def test_no_secret_stands_in_an_environment(private: Synthesized) -> None:
    for _, function in private.resources("AWS::Lambda::Function"):
        names = " ".join(function["Environment"]["Variables"])
        assert "SECRET" not in names


def test_only_forgetting_deletes_versions_for_good(private: Synthesized) -> None:
    able = [
        name for name in private.functions() if "s3:DeleteObjectVersion" in actions(private, name)
    ]
    assert able == ["forget"]


def test_forgetting_reaches_no_evidence(private: Synthesized) -> None:
    statements = private.statements_of(private.role_of("forget"))
    text = json.dumps(statements)
    assert "ArtifactBucketArn" not in text
    assert "artifacts/" not in text
    assert '"s3:DeleteObject"' not in text


def test_the_workflow_hands_on_no_id(private: Synthesized) -> None:
    body = json.dumps(private.machine("forget"))
    assert "ForgetPerson" in body
    assert "ALL" not in json.dumps(private.machine("forget").get("LoggingConfiguration", {}))


def rules(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    return {
        rule["Id"]: rule
        for _, bucket in synthesized.resources("AWS::S3::Bucket")
        for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", [])
    }


@pytest.mark.parametrize("prefix", ["incoming", "outcomes", "score"])
def test_files_of_persons_are_dropped_after_a_week(private: Synthesized, prefix: str) -> None:
    (rule,) = [one for one in rules(private).values() if one.get("Prefix") == f"{prefix}/patients/"]
    assert rule["ExpirationInDays"] == 7
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1


def test_what_a_setting_names_is_dropped_and_the_rest_is_kept(
    cloud: Synthesized, other: Synthesized
) -> None:
    found = rules(other)
    dropped = {
        one["Prefix"]: one["ExpirationInDays"]
        for one in found.values()
        if "ExpirationInDays" in one and "Prefix" in one
    }
    assert dropped["incoming/"] == dropped["outcomes/"] == 11
    assert (dropped["datasets/"], dropped["runs/"], dropped["score/"]) == (12, 13, 14)
    kept = {one.get("Prefix") for one in rules(cloud).values() if "ExpirationInDays" in one}
    assert not kept & {"incoming/", "outcomes/", "datasets/", "runs/", "score/", "artifacts/"}


def test_somebody_hears_of_a_forgetting_that_broke_off(
    private: Synthesized, cloud: Synthesized
) -> None:
    name = "perennial-forget-broken"
    alarms = {alarm["AlarmName"] for _, alarm in private.resources("AWS::CloudWatch::Alarm")}
    assert name in alarms
    others = {alarm["AlarmName"] for _, alarm in cloud.resources("AWS::CloudWatch::Alarm")}
    assert name not in others
