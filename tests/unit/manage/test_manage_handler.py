"""The manage function wired to DynamoDB and S3 on moto."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from moto import mock_aws
from perennial.adapters import aws

from tests.unit.manage.test_manage_endpoint import World
from tests.unit.predict.fakes import event


class Context:
    """What Lambda hands over."""

    aws_request_id = "a-request"


@pytest.fixture
def _deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    World(tmp_path)  # writes the spec of `bank`
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path))
    monkeypatch.setenv("PERENNIAL_TABLE", "registry")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.mark.usefixtures("_deployed")
def test_models_come_from_specs_and_table() -> None:
    with mock_aws():
        from functions.manage import handler as subject

        subject.catalogue.cache_clear()
        aws.client.cache_clear()
        aws.client("dynamodb").create_table(
            TableName="registry",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        response = subject.handler(event("rest-list-models"), Context())
        subject.catalogue.cache_clear()
        aws.client.cache_clear()
    assert response["statusCode"] == 200
    (model,) = json.loads(response["body"])["models"]
    assert (model["name"], model["status"]) == ("bank", "not-trained")
