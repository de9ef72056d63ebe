"""The function that tells MLflow of runs stands beside the workflow, and may do little."""

from __future__ import annotations

import json

import pytest

from stacks.settings import Settings, SettingsError
from tests.infrastructure.templates import Synthesized, as_list

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mlflow-AbCdEf"


def test_a_run_is_told_of_however_its_workflow_ended(cloud: Synthesized) -> None:
    rules = [
        rule["EventPattern"]["detail"]
        for name, rule in cloud.resources("AWS::Events::Rule")
        if "Tracking" in name
    ]
    assert len(rules) == 1
    assert set(rules[0]["status"]) == {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


def test_no_state_of_the_workflow_waits_for_mlflow(cloud: Synthesized) -> None:
    machines = json.dumps([one for _, one in cloud.resources("AWS::StepFunctions::StateMachine")])
    assert "-track" not in machines


def test_it_reads_runs_and_writes_below_one_prefix(cloud: Synthesized) -> None:
    statements = cloud.statements_of(cloud.role_of("track"))
    by_action = {
        action: json.dumps(one["Resource"])
        for one in statements
        for action in as_list(one["Action"])
    }
    assert "mlruns/" in by_action["s3:PutObject"]
    assert "runs/" in by_action["s3:GetObject"]
    tables = {action for action in by_action if action.startswith("dynamodb:")}
    assert tables == {"dynamodb:GetItem"}
    assert not {action for action in by_action if action.startswith("secretsmanager:")}


def test_registration_writes_a_version_in_mlflows_layout_and_reads_none(cloud: Synthesized) -> None:
    statements = cloud.statements_of(cloud.role_of("register"))
    told = {
        action
        for one in statements
        if "/mlflow/" in json.dumps(one["Resource"])
        for action in as_list(one["Action"])
    }
    assert told == {"s3:PutObject", "s3:AbortMultipartUpload"}


def settings(**given: object) -> Settings:
    return Settings.from_context(given.get)


def test_a_server_and_its_secret_are_named_in_the_settings() -> None:
    read = settings(mlflow_tracking_uri="https://mlflow.example", mlflow_tracking_secret=SECRET)
    assert read.mlflow_tracking_secret == SECRET
    assert settings(mlflow_tracking_uri="http://127.0.0.1:5000").mlflow_tracking_secret is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mlflow_tracking_uri": "mlflow.example"}, "mlflow_tracking_uri"),
        ({"mlflow_tracking_uri": "https://user:pass@mlflow.example"}, "mlflow_tracking_uri"),
        ({"mlflow_tracking_secret": SECRET}, "goes with mlflow_tracking_uri"),
        (
            {"mlflow_tracking_uri": "http://mlflow.example", "mlflow_tracking_secret": SECRET},
            "https only",
        ),
        (
            {"mlflow_tracking_uri": "https://mlflow.example", "mlflow_tracking_secret": "a-token"},
            "mlflow_tracking_secret",
        ),
    ],
    ids=str,
)
def test_a_token_is_never_a_setting_and_never_sent_in_the_clear(
    given: dict[str, object], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        settings(**given)
