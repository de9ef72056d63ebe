"""What the functions answer is what the document announces, well or badly asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.errors import Unavailable
from perennial.serving import predict
from perennial.serving.engine import engine_of
from perennial.serving.learned import Learned
from perennial.serving.models import Models
from perennial.serving.openapi.document import document
from perennial.serving.openapi.problems import (
    DECIDING,
    INTERVENING,
    PREDICTING,
    READING_A_MODEL,
    RESUMING,
    SCORING,
    TAKING,
    TAKING_BACK,
)
from perennial.serving.openapi.rows import DocumentedModel, example_row
from perennial.serving.problems import (
    CATALOGUE,
    METHOD_NOT_ALLOWED,
    UNKNOWN_PATH,
    Kind,
    Problem,
)
from perennial.serving.rows import MAX_BODY, MAX_ROWS
from perennial.spec import ModelSpec

from tests.unit.manage.documented import Documented
from tests.unit.manage.test_manage_endpoint import World, world
from tests.unit.predict.artifacts import CATEGORIES, artifact
from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import event

__all__ = ["world"]
NATIVE = ("/v1/models/bank/predict", "/v1/models/bank/explain")
INVOCATIONS = "/v1/models/bank/invocations"
OPEN_INFERENCE = ("/v2/models/bank", "/v2/models/bank/versions/3")
# What no operation answers: whoever is told so has asked for none that is documented.
ELSEWHERE = {UNKNOWN_PATH, METHOD_NOT_ALLOWED}

MODEL = DocumentedModel(
    ModelSpec.model_validate(
        {
            "name": "bank",
            "task": "binary",
            "target": "y",
            "positive_class": "yes",
            "features": {
                "age": {"type": "integer", "minimum": 16, "maximum": 120},
                "job": {"type": "category"},
                "balance": {"type": "number", "nullable": True},
                "married": {"type": "boolean", "nullable": True},
                "seen": {"type": "timestamp", "nullable": True},
            },
        }
    ),
    Learned(("no", "yes"), {"job": CATEGORIES}),
)
ROW = example_row(MODEL)
TENSORS = {
    "id": "mine",
    "inputs": [
        {"name": "age", "shape": [2, 1], "datatype": "INT64", "data": [41, 23]},
        {"name": "job", "shape": [2], "datatype": "BYTES", "data": ["admin.", "student"]},
    ],
}


class Api:
    """The predict function for `bank`, and the document of it."""

    def __init__(self) -> None:
        self.asked = Asked(engine_of)
        self.asked.world.put_in_service("bank", 3, artifact()[0])
        self.documented = Documented(document([MODEL], [{"url": "/"}]))

    def __call__(
        self, method: str, path: str, body: object = None, **changes: object
    ) -> tuple[int, Any]:
        """Status and document of an answer, once it is known to be documented."""
        asked = event() | _path(path) | {"httpMethod": method, "body": None} | changes
        if body is not None:
            asked["body"] = body if isinstance(body, str) else json.dumps(body)
        response: Any = self.asked.endpoint.respond(asked)
        status, media_type = response["statusCode"], response["headers"]["Content-Type"]
        answered = json.loads(response["body"])
        assert self.documented.problems(method, path, status, media_type, answered) == []
        return status, answered


def _path(path: str) -> dict[str, object]:
    """What API Gateway makes of a path: its resource and parameters."""
    parts = path.split("/")
    parameters = {}
    for name, before in (("model", "models"), ("version", "versions")):
        if before in parts:
            place = parts.index(before) + 1
            parameters[name], parts[place] = parts[place], f"{{{name}}}"
    return {"resource": "/".join(parts), "path": path, "pathParameters": parameters}


@pytest.fixture(scope="module")
def api() -> Api:
    return Api()


@pytest.mark.parametrize("path", NATIVE)
@pytest.mark.parametrize(
    "query", [None, {"explain": "2"}, {"probabilities": "false"}, {"probabilities": "true"}]
)
def test_predictions_are_as_documented(api: Api, path: str, query: object) -> None:
    assert api("POST", path, {"rows": [ROW, ROW]}, queryStringParameters=query)[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": [ROW]},
        {"dataframe_split": {"columns": ["age", "job"], "data": [[41, "student"]]}},
        {"inputs": {"age": [41], "job": ["student"]}, "params": {"probabilities": True}},
    ],
)
def test_scores_are_as_documented(api: Api, body: dict[str, object]) -> None:
    assert api("POST", INVOCATIONS, body)[0] == 200
    operation = api.documented.operation("POST", INVOCATIONS)
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert api.documented.misfits(schema, body) == []


@pytest.mark.parametrize("model", OPEN_INFERENCE)
def test_inferences_are_as_documented(api: Api, model: str) -> None:
    assert api("POST", f"{model}/infer", TENSORS)[0] == 200
    wanted = [{"name": "predict"}, {"name": "contributions"}]
    assert api("POST", f"{model}/infer", TENSORS | {"outputs": wanted})[0] == 200
    assert api("GET", model)[0] == 200
    assert api("GET", f"{model}/ready")[0] == 200


def test_every_problem_there_is_belongs_to_an_operation() -> None:
    told = {*PREDICTING, *TAKING, *TAKING_BACK, *INTERVENING, *RESUMING, *DECIDING}
    told |= {*READING_A_MODEL}
    assert told == set(CATALOGUE) - ELSEWHERE


@pytest.mark.parametrize("path", ["/v2", "/v2/health/live", "/v2/health/ready"])
def test_the_server_is_as_documented(api: Api, path: str) -> None:
    assert api("GET", path)[0] == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *((path, kind) for path in NATIVE for kind in PREDICTING),
        *((INVOCATIONS, kind) for kind in SCORING),
        *(
            (f"{model}/infer", kind)
            for model in OPEN_INFERENCE
            for kind in CATALOGUE
            if kind not in ELSEWHERE
        ),
    ],
)
def test_every_problem_of_a_prediction_is_documented(
    api: Api, path: str, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise Problem(kind, "so it is")

    monkeypatch.setattr(Models, "find", broken)
    status, _ = api("POST", path, {"rows": [ROW]})
    assert status == (400 if path.startswith("/v2") and kind.status == 422 else kind.status)


@pytest.mark.parametrize("path", [*NATIVE, INVOCATIONS, f"{OPEN_INFERENCE[0]}/infer"])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "[",
        "[" * 100_000,
        {},
        {"rows": []},
        {"rows": [{"age": "old", "jbo": 1}]},
        {"rows": [ROW] * (MAX_ROWS + 1)},
        {"dataframe_records": [{"age": 1e400}]},
        {"inputs": [{"name": "age", "shape": [-1], "datatype": "INT64", "data": []}]},
        " " * (MAX_BODY + 1),
    ],
    ids=["empty", "open", "deep", "object", "none", "bad", "many", "infinite", "shape", "large"],
)
def test_what_bad_bodies_are_told_is_documented(api: Api, path: str, body: object) -> None:
    assert 400 <= api("POST", path, body)[0] < 500


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"queryStringParameters": {"explian": "2"}}, 422),
        ({"queryStringParameters": {"explain": "0"}}, 422),
        ({"headers": {"content-type": "text/plain"}}, 415),
        ({"headers": {"content-encoding": "br"}}, 415),
        ({"pathParameters": {"model": "nobody"}}, 404),
        ({"pathParameters": {"model": "fresh"}}, 409),
    ],
)
@pytest.mark.parametrize("path", NATIVE)
def test_what_bad_requests_are_told_is_documented(
    api: Api, path: str, changes: dict[str, object], status: int
) -> None:
    assert api("POST", path, {"rows": [ROW]}, **changes)[0] == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/models/bank/invocations", 422),
        ("/v2/models/bank/infer", 400),
        ("/v2/models/bank/versions/3/infer", 400),
    ],
)
@pytest.mark.parametrize("query", [{"explain": "2"}, {"probabilities": "false"}])
def test_a_query_that_another_protocol_knows_is_refused_as_documented(
    api: Api, path: str, status: int, query: dict[str, str]
) -> None:
    body = {"inputs": [{"name": "age", "shape": [1], "datatype": "INT64", "data": [41]}]}
    assert api("POST", path, body, queryStringParameters=query)[0] == status


def test_models_are_as_documented(world: World) -> None:
    world.train()
    documented = Documented(world.get("rest-list-models", {"resource": "/openapi.json"})[1])
    for path, resource in (
        ("/v1/models", "/v1/models"),
        ("/v1/models/bank", "/v1/models/{model}"),
        ("/v1/models/nobody", "/v1/models/{model}"),
        ("/openapi.json", "/openapi.json"),
    ):
        status, answered = _managed(world, path, resource)
        media_type = "application/json" if status == 200 else "application/problem+json"
        assert documented.problems("GET", path, status, media_type, answered) == []


@pytest.mark.parametrize("path", ["/v1/models", "/openapi.json"])
def test_who_takes_no_json_gets_none(world: World, path: str) -> None:
    documented = Documented(world.get("rest-list-models", {"resource": "/openapi.json"})[1])
    asked: dict[str, object] = {"resource": path, "headers": {"Accept": "text/html"}}
    status, answered = world.get("rest-list-models", asked)
    assert status == 406
    assert documented.problems("GET", path, 406, "application/problem+json", answered) == []


def test_a_registry_that_is_down_is_documented(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    documented = Documented(world.get("rest-list-models", {"resource": "/openapi.json"})[1])

    def down(model: str) -> None:
        raise Unavailable("dynamodb did not answer")

    monkeypatch.setattr(world.registry, "route", down)
    for path, resource in (("/v1/models", "/v1/models"), ("/openapi.json", "/openapi.json")):
        status, answered = _managed(world, path, resource)
        assert status == 503
        assert documented.problems("GET", path, 503, "application/problem+json", answered) == []


def _managed(world: World, path: str, resource: str) -> tuple[int, Any]:
    parameters = {"model": path.rpartition("/")[2]}
    changes: dict[str, object] = {"resource": resource, "pathParameters": parameters}
    return world.get("rest-describe-model", changes)


def test_the_deployed_document_knows_what_was_learned(world: World) -> None:
    world.train()
    _, made = world.get("rest-list-models", {"resource": "/openapi.json"})
    row = made["components"]["schemas"]["bank.row"]
    assert row["properties"]["job"]["enum"] == list(CATEGORIES)
    assert made["servers"] == [
        {"url": "https://abcdef1234.execute-api.eu-central-1.amazonaws.com/live"}
    ]


def test_every_path_of_the_endpoint_is_documented() -> None:
    documented = Documented(document([MODEL], []))
    for resource, (method, _) in predict.PATHS.items():
        path = resource.replace("{model}", "bank").replace("{version}", "3")
        assert documented.operation(method, path)


@pytest.mark.parametrize("model", OPEN_INFERENCE)
def test_the_example_of_an_inference_is_accepted(api: Api, model: str) -> None:
    operation = api.documented.operation("POST", f"{model}/infer")
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    assert api("POST", f"{model}/infer", examples["bank"]["value"])[0] == 200
