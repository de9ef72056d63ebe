"""What an application gets from the predict endpoint, and what the logs say about it."""

from __future__ import annotations

import json
from array import array
from typing import Any

import pytest
from perennial.errors import Unavailable
from perennial.serving import answering
from perennial.serving.predictions import Predictions

from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import FakeEngine

REQUEST_ID = "5f0c8a6e-3f2b-4c58-9f6e-2d7b8c1a9e01"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def engine_of(asked: Asked) -> FakeEngine:
    asked.respond()
    engine = asked.router.served("bank").engine
    assert isinstance(engine, FakeEngine)
    return engine


def test_one_row_is_answered(asked: Asked) -> None:
    status, headers, document = asked.respond()
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert document == {
        "model": "bank",
        "version": 3,
        "artifact_digest": asked.routed.artifact_digest,
        "request_id": REQUEST_ID,
        "predictions": [
            {
                "id": f"{REQUEST_ID}-0",
                "prediction": "yes",
                "probabilities": {"no": 0.25, "yes": 0.75},
            }
        ],
    }


def test_many_rows_are_answered_in_their_order(asked: Asked) -> None:
    rows = [{"age": 20 + number % 40} for number in range(1_000)]
    status, _, document = asked.respond(body=json.dumps({"rows": rows}))
    assert status == 200
    expected = ["yes" if row["age"] >= 40 else "no" for row in rows]
    assert [p["prediction"] for p in document["predictions"]] == expected
    assert len({p["id"] for p in document["predictions"]}) == 1_000


def test_a_regression_has_no_probabilities(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    estimates = Predictions(array("d", [1.5]), None, None)
    monkeypatch.setattr(FakeEngine, "predict", lambda self, rows: estimates)
    _, _, document = asked.respond()
    assert document["predictions"] == [{"id": f"{REQUEST_ID}-0", "prediction": 1.5}]


def test_a_base64_body_is_read(asked: Asked) -> None:
    import base64

    body = base64.b64encode(b'{"rows": [{"age": 50}]}').decode()
    status, _, document = asked.respond(body=body, isBase64Encoded=True)
    assert status == 200
    assert document["predictions"][0]["prediction"] == "yes"


def test_a_body_without_a_content_type_is_taken_for_json(asked: Asked) -> None:
    status, _, _ = asked.respond(headers=None)
    assert status == 200


@pytest.mark.parametrize(
    "model", ["nobody", "../../etc", "bank\n", "", "B", "a" * 49, "bank/", "é"]
)
def test_an_unknown_model_is_not_found(asked: Asked, model: str) -> None:
    status, slug, _ = asked.problem(pathParameters={"model": model})
    assert (status, slug) == (404, "unknown-model")
    assert asked.world.routes.asked == 0


@pytest.mark.parametrize(
    "model", ["../../etc/passwd", "a/b", "a.json", "a\n", "A", "1a", "", "a" * 49, "a\x00", "ä"]
)
def test_what_cannot_be_a_name_is_never_looked_up(asked: Asked, model: str) -> None:
    looked_up: list[str] = []
    asked.models._deployed = lambda name: not looked_up.append(name)  # type: ignore[func-returns-value]
    assert asked.problem(pathParameters={"model": model})[:2] == (404, "unknown-model")
    assert looked_up == []


def test_a_model_without_a_version_says_so(asked: Asked) -> None:
    status, slug, _ = asked.problem(pathParameters={"model": "fresh"})
    assert (status, slug) == (409, "model-not-trained")


def test_another_method_is_not_allowed(asked: Asked) -> None:
    status, headers, document = asked.respond(httpMethod="GET")
    assert status == 405
    assert headers["Allow"] == "POST"
    assert document["type"].endswith("method-not-allowed")


@pytest.mark.parametrize("resource", ["/v1/models", "/", "", None, 7])
def test_another_path_is_not_found(asked: Asked, resource: object) -> None:
    status, slug, _ = asked.problem(resource=resource)
    assert (status, slug) == (404, "unknown-path")


def test_rows_that_do_not_fit_are_named(asked: Asked) -> None:
    rows = [{"age": 50}, {"age": "fifty"}, {"job": "admin."}]
    status, slug, document = asked.problem({"rows": rows})
    assert (status, slug) == (422, "invalid-rows")
    assert document["errors"] == [
        {"row": 1, "field": "age", "reason": "a number is needed"},
        {"row": 2, "field": "age", "reason": "a number is needed"},
    ]


def test_a_service_that_is_down_is_worth_another_try(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.world.routes.error = Unavailable("dynamodb did not answer: TimeoutError")
    status, headers, document = asked.respond()
    assert status == 503
    assert headers["Retry-After"] == "2"
    assert "dynamodb" not in json.dumps(document)
    cause, answered = lines(capsys)
    assert cause["cause"] == "dynamodb did not answer: TimeoutError"
    assert answered["Errors"] == 1


def test_a_damaged_artifact_does_not_stop_the_version_that_works(asked: Asked) -> None:
    asked.respond()
    uri = asked.world.put_in_service("bank", 4).artifact_uri
    asked.world.objects.objects[uri] = b"damaged"
    asked.world.clock.now += 6
    status, _, document = asked.respond()
    assert (status, document["version"]) == (200, 3)


def test_an_unforeseen_error_tells_nothing_and_is_logged(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    engine_of(asked).error = RuntimeError("secret 41 at /var/task/x.py")
    capsys.readouterr()
    status, slug, document = asked.problem()
    assert (status, slug) == (500, "internal-error")
    assert "secret" not in json.dumps(document)
    failure, answered = lines(capsys)
    assert failure["message"] == "request failed"
    assert failure["request_id"] == REQUEST_ID
    assert failure["error"] == "RuntimeError"
    assert any("fakes.py" in frame for frame in failure["where"])
    assert "secret" not in json.dumps(failure)
    assert (answered["level"], answered["status"], answered["Errors"]) == ("ERROR", 500, 1)


def test_a_number_json_does_not_have_is_our_error(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Predictions(array("d", [float("nan")]), None, None)
    monkeypatch.setattr(FakeEngine, "predict", lambda self, rows: answers)
    assert asked.problem()[:2] == (500, "internal-error")


def test_an_answer_lambda_could_not_carry_is_refused(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "MAX_ANSWER", 300)
    assert asked.problem({"rows": [{"age": 50}] * 9})[:2] == (413, "answer-too-large")


def test_an_answer_is_measured_as_lambda_carries_it() -> None:
    body = json.dumps({'say "it"': ["with\\slashes", "and quotes"]})
    assert answering._size_of(body) == len(json.dumps(body)) - 2


def test_a_request_is_one_line_that_is_log_and_metric(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.respond()
    capsys.readouterr()
    asked.respond(body=json.dumps({"rows": [{"age": 50}, {"age": 30}]}))
    (line,) = lines(capsys)
    assert line["message"] == "request answered"
    assert line["request_id"] == REQUEST_ID
    assert (line["model"], line["version"], line["status"]) == ("bank", 3, 200)
    assert (line["Requests"], line["Rows"], line["Errors"]) == (1, 2, 0)
    assert line["LatencyMs"] > 0
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Perennial"
    assert directive["Dimensions"] == [["model"]]
    assert {m["Name"] for m in directive["Metrics"]} == {
        "Requests",
        "Rows",
        "Errors",
        "LatencyMs",
    }
    assert {m["Name"] for m in directive["Metrics"]} <= set(line)


def test_a_callers_mistake_is_no_error_of_the_model(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.respond()
    capsys.readouterr()
    asked.problem("not json")
    (line,) = lines(capsys)
    assert (line["status"], line["problem"], line["Errors"]) == (400, "malformed-body", 0)


def test_a_made_up_model_becomes_no_metric(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.problem(pathParameters={"model": "made-up"})
    (line,) = lines(capsys)
    assert "_aws" not in line
    assert "made-up" not in json.dumps(line)


def test_metrics_are_written_whatever_the_level(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    from perennial.serving.journal import Journal

    quiet = Journal("ERROR")
    quiet("INFO", "version loaded")
    quiet.answered(model="bank", status=200, rows=1, milliseconds=1.0)
    (line,) = lines(capsys)
    assert line["Requests"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"rows": [{"age": "secret-value"}]},
        {"rows": [{"age": 98765.4321}, {"age": "98765.4321"}]},
        {"rows": ["secret-value", 98765.4321]},
        {"secret-value": 98765.4321},
        '{"rows": [{"age": secret-value 98765.4321}]}',
    ],
)
def test_no_value_is_ever_logged(
    asked: Asked, capsys: pytest.CaptureFixture[str], body: object
) -> None:
    asked.respond(body=body if isinstance(body, str) else json.dumps(body))
    out = capsys.readouterr().out
    assert out
    assert "98765" not in out
    assert "secret-value" not in out
