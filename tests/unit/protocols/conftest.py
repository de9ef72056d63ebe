"""An endpoint with real engines, and short ways to ask it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.serving.engine import engine_of
from perennial.serving.journal import Journal
from perennial.serving.models import Models
from perennial.serving.predict import Endpoint
from perennial.serving.router import Router

from tests.unit.predict.artifacts import artifact
from tests.unit.predict.fakes import World, event
from tests.unit.protocols.models import classifier, regression

REQUEST_ID = "5f0c8a6e-3f2b-4c58-9f6e-2d7b8c1a9e01"  # of every recorded event


class Spoken:
    """The endpoint of `bank` (categories), `parcels`, `weights` (numbers) and untrained `fresh`."""

    def __init__(self) -> None:
        self.world = World()
        self.world.put_in_service("bank", 3, artifact()[0])
        self.world.put_in_service("parcels", 1, classifier()[0])
        self.world.put_in_service("weights", 2, regression()[0])
        known = {"bank", "parcels", "weights", "fresh"}
        routes, objects = self.world.routes, self.world.objects
        router = Router(routes, objects, engine_of, Journal(), clock=self.world.clock)
        self.endpoint = Endpoint(Models(router, known.__contains__), Journal())

    def ask(self, recorded: str, **changes: Any) -> tuple[int, dict[str, str], Any]:
        """Status, headers and document of the response to a recorded event, changed.

        `headers` are added to those of the event, `model` is put into its path.
        """
        changed = event(recorded)
        changed["headers"] |= changes.pop("headers", {})
        if "model" in changes:
            changed["pathParameters"] = {"model": changes.pop("model")}
        response: Any = self.endpoint.respond(changed | changes)
        return response["statusCode"], response["headers"], json.loads(response["body"])

    def infer(self, *inputs: dict[str, Any], model: str = "bank", **members: Any) -> Any:
        """The inference response to tensors."""
        body = json.dumps({"inputs": list(inputs), **members})
        status, headers, document = self.ask("rest-infer", model=model, body=body)
        assert (status, headers["Content-Type"]) == (200, "application/json"), document
        return document

    def refusal(self, *inputs: Any, model: str = "bank", **members: Any) -> str:
        """What is said against tensors, with the status 400."""
        body = json.dumps({"inputs": list(inputs), **members})
        status, _, document = self.ask("rest-infer", model=model, body=body)
        assert status == 400, document
        assert list(document) == ["error"]
        return str(document["error"])

    def score(self, body: Any, model: str = "bank", **changes: Any) -> Any:
        """What MLflow's `predictions` are for a body: a text, or what is made JSON of."""
        text = body if isinstance(body, str) else json.dumps(body)
        status, headers, document = self.ask("rest-invocations", model=model, body=text, **changes)
        assert (status, headers["Content-Type"]) == (200, "application/json"), document
        return document["predictions"]

    def score_problem(self, body: Any, model: str = "bank", **changes: Any) -> dict[str, Any]:
        """The problem document about a body."""
        text = body if isinstance(body, str) else json.dumps(body)
        status, headers, document = self.ask("rest-invocations", model=model, body=text, **changes)
        assert headers["Content-Type"] == "application/problem+json", document
        assert document["status"] == status
        found: dict[str, Any] = document
        return found

    def native(
        self, rows: list[dict[str, Any]], model: str = "bank", *, explain: bool = False
    ) -> list[dict[str, Any]]:
        """The answers to rows in the platform's own protocol."""
        body = json.dumps({"rows": rows})
        changes = {"resource": "/v1/models/{model}/explain"} if explain else {}
        status, _, document = self.ask("rest-predict", model=model, body=body, **changes)
        assert status == 200, document
        predictions: list[dict[str, Any]] = document["predictions"]
        return predictions


@pytest.fixture(scope="session")
def spoken() -> Spoken:
    """Nothing in it changes from test to test."""
    return Spoken()
