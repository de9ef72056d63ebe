"""API Gateway's methods, the functions' own tables and the API's document are of one mind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from perennial.serving import control, manage, predict
from perennial.serving.openapi.document import document
from perennial.serving.openapi.outcomes import OUTCOMES
from perennial.serving.openapi.problems import GATEWAY
from perennial.serving.openapi.rows import DocumentedModel
from perennial.spec import load_specs

from tests.infrastructure.templates import Synthesized
from tests.unit.manage.documented import Documented

SPECS = load_specs(Path(__file__).parents[2] / "models")
# The page is for people; whether it needs a key is a setting.
UNDOCUMENTED = {("GET", "/docs")}


@pytest.fixture(scope="module")
def documented() -> Documented:
    return Documented(document([DocumentedModel(spec, None) for spec in SPECS.values()], []))


def in_template(synthesized: Synthesized) -> set[tuple[str, str]]:
    """Methods that API Gateway knows by name; ANY only says what there is not."""
    paths = dict(resource_paths(synthesized))
    return {
        (method["HttpMethod"], paths[method["ResourceId"]["Ref"]])
        for _, method in synthesized.resources("AWS::ApiGateway::Method")
        if method["HttpMethod"] not in ("ANY", "OPTIONS") and "Ref" in method["ResourceId"]
    }


def resource_paths(synthesized: Synthesized) -> Iterator[tuple[str, str]]:
    resources = {
        name.split("/")[1]: properties
        for name, properties in synthesized.resources("AWS::ApiGateway::Resource")
    }
    for name in resources:
        parts, place = [], name
        while place in resources:
            parts.append(resources[place]["PathPart"])
            place = resources[place]["ParentId"].get("Ref", "")
        yield name, "/" + "/".join(reversed(parts))


def in_document(documented: Documented) -> set[tuple[str, str]]:
    """The document's operations, with the models' own paths as one."""
    return {
        (method, "/".join("{model}" if part in SPECS else part for part in path.split("/")))
        for method, path, _ in documented.operations()
    }


def in_code() -> set[tuple[str, str]]:
    """What the functions answer."""
    return {
        *((method, path) for path, (method, _) in predict.PATHS.items()),
        *(("GET", path) for path in manage.PATHS),
        *((method, path) for path, (method, _) in control.PATHS.items()),
        ("POST", OUTCOMES),
    }


def test_every_method_is_answered_and_documented(
    cloud: Synthesized, documented: Documented
) -> None:
    assert in_template(cloud) == in_code() == in_document(documented) | UNDOCUMENTED


def test_every_status_is_declared_by_its_method(cloud: Synthesized, documented: Documented) -> None:
    declared = {
        response["StatusCode"]
        for _, method in cloud.resources("AWS::ApiGateway::Method")
        for response in method.get("MethodResponses", [])
    }
    for method, path, operation in documented.operations():
        told = {status for status in operation["responses"] if int(status) not in GATEWAY}
        assert told <= declared, (method, path)


def refusals(cloud: Synthesized) -> list[dict[str, Any]]:
    return [properties for _, properties in cloud.resources("AWS::ApiGateway::GatewayResponse")]


def test_what_the_gateway_refuses_is_documented(cloud: Synthesized) -> None:
    statuses = {int(one["StatusCode"]) for one in refusals(cloud) if "StatusCode" in one}
    assert statuses == set(GATEWAY) - {500, 502}  # of DEFAULT_5XX, which keep what they are


@pytest.mark.parametrize("form", ["Problem", "OpenInference"])
def test_a_refusal_is_a_problem_as_documented(cloud: Synthesized, form: str) -> None:
    models = [DocumentedModel(spec, None) for spec in SPECS.values()]
    documented = Documented(document(models, [], "key-and-cognito"))
    responses = documented.document["components"]["responses"]
    for refusal in refusals(cloud):
        status = refusal.get("StatusCode", "500")
        ((_, template),) = refusal["ResponseTemplates"].items()
        name = next(name for name in responses if name.startswith(f"{form}{status}"))
        content = responses[name]["content"]
        schema = content["application/problem+json"]["schema"]
        assert documented.misfits(schema, json.loads(template)) == [], refusal["ResponseType"]
