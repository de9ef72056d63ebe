"""A template with something the emulator does not run is refused, by name."""

import json

import pytest
from botocore.exceptions import ClientError

from emulator import deployment
from tests.emulator.deploying import Cloud


def test_unsupported_resource_is_named_with_its_type(cloud: Cloud) -> None:
    resources = {
        "Fine": {"Type": "AWS::SNS::Topic"},
        "MyCluster": {"Type": "AWS::ECS::Cluster"},
        "MyBand": {"Type": "AWS::CloudWatch::AnomalyDetector"},
    }
    with pytest.raises(ClientError) as refused:
        cloud.client("cloudformation").create_stack(
            StackName="refused", TemplateBody=json.dumps({"Resources": resources})
        )
    message = str(refused.value)
    assert "MyCluster (AWS::ECS::Cluster)" in message
    assert "MyBand (AWS::CloudWatch::AnomalyDetector)" in message
    assert "Fine" not in message


def test_unsupported_resource_behind_a_false_condition_is_fine() -> None:
    resources = {"No": {"Type": "AWS::ECS::Cluster", "Condition": "Never"}}
    assert deployment.refused({"Resources": resources}, {"Never": False}) == []


def test_every_type_that_does_nothing_has_a_reason() -> None:
    assert all(reason.strip() for reason in deployment.INERT.values())
    assert not deployment.RUNS & deployment.INERT.keys()
