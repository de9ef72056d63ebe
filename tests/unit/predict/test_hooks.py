"""Who else gets to see a request: capture, and the function that runs users' pipelines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.errors import NeedsPipelineRuntime, Unavailable
from perennial.serving.answered import Answered
from perennial.serving.journal import Journal
from perennial.serving.predict import PATHS, Endpoint

from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import FakeEngine, event


class Captured(list[tuple[Answered, float]]):
    def __call__(self, answered: Answered, milliseconds: float) -> None:
        self.append((answered, milliseconds))


def body(rows: list[Any]) -> dict[str, Any]:
    return event() | {"body": json.dumps({"rows": rows})}


def test_what_was_answered_is_captured(asked: Asked) -> None:
    captured = Captured()
    endpoint = Endpoint(asked.models, Journal(), capture=captured)
    response = endpoint.respond(body([{"age": 50}, {"age": 20}]))
    ((answered, milliseconds),) = captured
    assert (answered.model, answered.version) == ("bank", 3)
    assert answered.digest == asked.routed.artifact_digest
    document = json.loads(str(response["body"]))
    assert answered.ids == [one["id"] for one in document["predictions"]]
    assert list(answered.table) == [{"age": 50}, {"age": 20}]  # type: ignore[arg-type]
    assert [one.value for one in answered.predictions] == ["yes", "no"]
    assert milliseconds > 0


def test_what_was_refused_is_not_captured(asked: Asked) -> None:
    captured = Captured()
    endpoint = Endpoint(asked.models, Journal(), capture=captured)
    for rows in ([], [{"age": "x"}]):
        assert endpoint.respond(body(rows))["statusCode"] == 422
    assert captured == []


def pipeline(data: bytes, digest: str) -> FakeEngine:
    raise NeedsPipelineRuntime("a pipeline")


def test_a_pipeline_is_answered_by_its_own_function_untouched(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked, response = Asked(pipeline), {"statusCode": 200, "body": "theirs"}
    given: list[object] = []

    def forward(event: object) -> dict[str, object]:
        given.append(event)
        return dict(response)

    endpoint = Endpoint(asked.models, Journal(), forward=forward)
    asked_for = body([{"age": 50}])
    assert endpoint.respond(asked_for) == response
    assert given == [asked_for]
    assert "request answered" not in capsys.readouterr().out  # whoever answers writes the line


def test_without_that_function_a_pipeline_is_unavailable() -> None:
    assert Asked(pipeline).problem()[:2] == (503, "unavailable")


def test_a_function_that_does_not_answer_is_an_error_like_any_other() -> None:
    def forward(event: object) -> dict[str, object]:
        raise Unavailable("lambda did not answer: TimeoutError")

    endpoint = Endpoint(Asked(pipeline).models, Journal(), forward=forward)
    assert endpoint.respond(event())["statusCode"] == 503


@pytest.mark.parametrize("resource", PATHS)
def test_every_path_has_one_method_and_names_it(asked: Asked, resource: str) -> None:
    method, _ = PATHS[resource]
    response = asked.endpoint.respond(event() | {"resource": resource, "httpMethod": "DELETE"})
    assert response["statusCode"] == 405
    assert response["headers"]["Allow"] == method  # type: ignore[index]
