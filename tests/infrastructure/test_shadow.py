"""The function for shadows: who may ask it, what it may do, and that nothing is asked late."""

from __future__ import annotations

import json

from tests.infrastructure.templates import Synthesized, as_list
from tests.infrastructure.test_capture import rights
from tests.infrastructure.test_pipelines import pipelines

__all__ = ["pipelines"]


def askers(synthesized: Synthesized) -> set[str]:
    """The functions that may ask it."""
    return {
        name
        for name in synthesized.functions()
        for statement in synthesized.statements_of(synthesized.role_of(name))
        if "lambda:InvokeFunction" in as_list(statement["Action"])
        and "ShadowsShadow" in json.dumps(statement["Resource"])
    }


def test_only_what_answers_callers_may_ask_it(cloud: Synthesized, pipelines: Synthesized) -> None:
    assert askers(cloud) == {"predict"}
    assert askers(pipelines) == {"predict", "predict_pipeline"}
    for name in askers(pipelines):
        variables = pipelines.functions()[name]["Environment"]["Variables"]
        assert "ShadowsShadow" in json.dumps(variables["PERENNIAL_SHADOW_FUNCTION"])


def test_predict_may_ask_no_other_function(cloud: Synthesized) -> None:
    allowed = rights(cloud, "predict", "lambda")
    assert set(allowed) == {"lambda:InvokeFunction"}
    assert "ShadowsShadow" in allowed["lambda:InvokeFunction"]
    assert "*" not in allowed["lambda:InvokeFunction"]


def test_it_reads_artifacts_sends_captures_and_knows_no_route(cloud: Synthesized) -> None:
    assert set(rights(cloud, "shadow", "s3")) == {"s3:GetObject"}
    assert "artifacts/*" in rights(cloud, "shadow", "s3")["s3:GetObject"]
    assert set(rights(cloud, "shadow", "sqs")) == {"sqs:SendMessage"}
    assert rights(cloud, "shadow", "dynamodb") == {}
    assert "PERENNIAL_TABLE" not in cloud.functions()["shadow"]["Environment"]["Variables"]


def test_it_has_the_memory_of_what_it_is_compared_with(cloud: Synthesized) -> None:
    functions = cloud.functions()
    assert functions["shadow"]["MemorySize"] == functions["predict"]["MemorySize"]


def test_an_event_is_neither_tried_twice_nor_kept_long(cloud: Synthesized) -> None:
    configs = [
        properties
        for _, properties in cloud.resources("AWS::Lambda::EventInvokeConfig")
        if "ShadowsShadow" in json.dumps(properties["FunctionName"])
    ]
    (config,) = configs
    assert config["MaximumRetryAttempts"] == 0
    assert config["MaximumEventAgeInSeconds"] == 60
