"""A route is proven by the champion's golden rows, or it is said why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from perennial.errors import ModelNotTrained, Unavailable
from perennial.serving.proof import PATIENCE, Predict, Proof, prove

from tests.unit.faults.world import World


@dataclass
class Slow:
    """An endpoint that follows the route only at the last of its answers."""

    predict: Predict
    refusals: list[object] = field(default_factory=list)

    def __call__(self, event: Mapping[str, object]) -> Mapping[str, Any]:
        if not self.refusals:
            return self.predict(event)
        refusal = self.refusals.pop(0)
        if isinstance(refusal, Exception):
            raise refusal
        return {"statusCode": refusal, "body": "{}"}


@pytest.fixture
def world() -> World:
    made = World()
    made.serve(1, 2)
    return made


def proof(world: World, predict: Predict | None = None) -> Proof:
    time = iter(range(1_000))
    return prove(
        "bank",
        predict=predict or world.endpoint().respond,
        store=world.objects,
        registry=world.registry,
        clock=world.clock,
        sleep=lambda seconds: None,
        timer=lambda: float(next(time)),
    )


def told(world: World) -> tuple[str, str]:
    event = world.registry.events("bank")[0]
    return event.what, event.reason


def test_a_champion_that_answers_its_golden_rows_is_proven(world: World) -> None:
    found = proof(world)
    assert (found.proven, found.version, found.rows, found.wrong) == (True, 2, 2, 0)
    assert told(world) == ("route_proven", "2 golden rows were answered as they must be")


def test_it_waits_until_the_endpoint_follows(world: World) -> None:
    slow = Slow(world.endpoint().respond, [404, 503, Unavailable("no answer"), 404])
    assert proof(world, slow).proven
    assert slow.refusals == []


def test_an_endpoint_that_never_follows_is_told(world: World) -> None:
    found = proof(world, Slow(world.endpoint().respond, [404] * 500))
    assert (found.proven, found.wrong) == (False, 2)
    reason = f"the endpoint did not answer with it within {PATIENCE:g} seconds"
    assert told(world) == ("route_unproven", reason)


def changed(world: World, change: str) -> Predict:
    def predict(event: Mapping[str, object]) -> Mapping[str, Any]:
        response = dict(world.endpoint().respond(event))
        document = json.loads(str(response["body"]))
        first = document["predictions"][0]
        match change:
            case "another label":
                first["prediction"] = "maybe"
            case "another probability":
                first["probabilities"]["yes"] += 1e-3
            case "one label less":
                del first["probabilities"]["yes"]
            case "one row less":
                del document["predictions"][0]
            case "rounded":
                first["probabilities"]["yes"] += 1e-12
        return response | {"body": json.dumps(document)}

    return predict


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("another label", 1),
        ("another probability", 1),
        ("one label less", 1),
        ("one row less", 2),
        ("rounded", 0),
    ],
)
def test_every_other_answer_is_counted(world: World, change: str, wrong: int) -> None:
    found = proof(world, changed(world, change))
    assert (found.wrong, found.proven) == (wrong, not wrong)


def test_an_artifact_that_is_gone_is_told(world: World) -> None:
    route = world.registry.route("bank")
    assert route is not None
    del world.objects._versions[route.champion.artifact_uri]
    assert proof(world).reason == "the artifact is missing"
    assert told(world) == ("route_unproven", "the artifact is missing")


def test_an_artifact_that_was_changed_is_told(world: World) -> None:
    route = world.registry.route("bank")
    assert route is not None
    world.objects.write(route.champion.artifact_uri, b"other", "application/zip")
    assert "do not have the digest" in proof(world).reason


def test_a_route_that_changes_meanwhile_is_the_one_that_is_proven(world: World) -> None:
    def predict(event: Mapping[str, object]) -> Mapping[str, Any]:
        route = world.registry.route("bank")
        if route is not None and route.champion.number == 2:
            world.serve(3)
        return world.endpoint().respond(event)

    found = proof(world, predict)
    assert (found.version, found.revision, found.proven) == (3, 3, True)


def test_a_model_that_serves_nothing_has_nothing_to_prove() -> None:
    with pytest.raises(ModelNotTrained):
        proof(World())


def test_a_proof_is_no_traffic(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    kept: list[object] = []
    endpoint = world.endpoint()
    endpoint.capture = lambda answered, milliseconds: kept.append(answered)
    capsys.readouterr()
    assert proof(world, endpoint.respond).proven
    assert kept == []
    assert '"_aws"' not in capsys.readouterr().out
    world.answers.clear()
    endpoint.respond(
        {
            "resource": "/v1/models/{model}/predict",
            "httpMethod": "POST",
            "pathParameters": {"model": "bank"},
            "requestContext": {"requestId": "r"},
            "body": '{"rows": []}',
        }
    )
    assert '"_aws"' in capsys.readouterr().out
