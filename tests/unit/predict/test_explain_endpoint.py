"""What an application asks for beside the prediction: reasons, or fewer probabilities."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.serving.engine import engine_of
from perennial.serving.predict import EXPLAIN
from perennial.serving.problems import NO_EXPLANATION, Problem
from perennial.serving.rows import MAX_EXPLAINED

from tests.unit.predict.artifacts import artifact
from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import FakeEngine

ROW = {"age": 41, "job": "admin.", "balance": 1.5}
FEATURES = ["age", "job", "balance", "married", "seen"]


@pytest.fixture(scope="module")
def trained() -> Asked:
    """An endpoint with a real artifact."""
    asked = Asked(engine_of)
    asked.world.put_in_service("bank", 3, artifact()[0])
    return asked


def predictions(asked: Asked, query: dict[str, str] | None = None, **changes: Any) -> Any:
    body = json.dumps({"rows": [ROW, ROW | {"age": 20}]})
    given = {"body": body, "queryStringParameters": query, **changes}
    status, _, document = asked.respond(**given)
    assert status == 200, document
    return document["predictions"]


def test_nobody_who_does_not_ask_gets_reasons(trained: Asked) -> None:
    assert all("explanation" not in one for one in predictions(trained))


def test_reasons_stand_beside_the_prediction(trained: Asked) -> None:
    plain = predictions(trained)
    explained = predictions(trained, {"explain": "5"})
    for one, two in zip(plain, explained, strict=True):
        explanation = two.pop("explanation")
        assert one == two
        parts = [part["contribution"] for part in explanation["contributions"]]
        assert sum(parts) + explanation["base_value"] == pytest.approx(explanation["margin"])


def test_as_many_reasons_are_given_as_asked_for_the_largest_first(trained: Asked) -> None:
    for one in predictions(trained, {"explain": "2"}):
        sizes = [abs(part["contribution"]) for part in one["explanation"]["contributions"]]
        assert len(sizes) == 2
        assert sizes == sorted(sizes, reverse=True)


def test_the_path_for_reasons_gives_all_in_the_order_of_the_features(trained: Asked) -> None:
    for one in predictions(trained, resource=EXPLAIN):
        assert [part["feature"] for part in one["explanation"]["contributions"]] == FEATURES
    (first, _) = predictions(trained, {"explain": "1"}, resource=EXPLAIN)
    assert len(first["explanation"]["contributions"]) == 1


def test_reasons_repeat_no_value(trained: Asked) -> None:
    body = json.dumps({"rows": [ROW | {"balance": 98765.4321}]})
    _, _, document = trained.respond(body=body, resource=EXPLAIN)
    assert "98765" not in json.dumps(document)
    assert "admin" not in json.dumps(document)


def test_probabilities_can_be_left_out(trained: Asked) -> None:
    with_them = predictions(trained, {"probabilities": "true"})
    without = predictions(trained, {"probabilities": "false"})
    assert all(one.pop("probabilities") for one in with_them)
    assert without == with_them
    both = predictions(trained, {"probabilities": "false", "explain": "1"})
    assert all("probabilities" not in one and "explanation" in one for one in both)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"explain": "0"}, "explain"),
        ({"explain": "-1"}, "explain"),
        ({"explain": "1.5"}, "explain"),
        ({"explain": "all"}, "explain"),
        ({"explain": ""}, "explain"),
        ({"explain": "²"}, "explain"),
        ({"explain": "9" * 5_000}, "explain"),
        ({"probabilities": "no"}, "probabilities"),
        ({"probabilities": "True"}, "probabilities"),
        ({"explains": "5"}, "explain"),
        ({"": ""}, "explain"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(
    asked: Asked, query: dict[str, str], named: str
) -> None:
    status, slug, document = asked.problem(queryStringParameters=query)
    assert (status, slug) == (422, "invalid-request")
    assert f"`{named}`" in document["detail"]


def test_a_parameter_given_twice_is_refused(asked: Asked) -> None:
    many = {"explain": ["5", "6"]}
    status, slug, _ = asked.problem(
        queryStringParameters={"explain": "6"}, multiValueQueryStringParameters=many
    )
    assert (status, slug) == (422, "invalid-request")


def test_reasons_are_given_for_fewer_rows(trained: Asked) -> None:
    rows = [ROW] * MAX_EXPLAINED
    assert trained.respond(body=json.dumps({"rows": rows}), resource=EXPLAIN)[0] == 200
    status, slug, document = trained.problem({"rows": [*rows, ROW]}, resource=EXPLAIN)
    assert (status, slug) == (413, "too-many-rows")
    assert f"{MAX_EXPLAINED} rows" in document["detail"]


def test_a_model_without_exact_reasons_says_why(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Problem(NO_EXPLANATION, "They would not be exact.")

    monkeypatch.setattr(FakeEngine, "explain", refuse)
    assert asked.respond()[0] == 200
    status, slug, document = asked.problem(resource=EXPLAIN)
    assert (status, slug, document["detail"]) == (
        422,
        "no-explanation",
        "They would not be exact.",
    )
