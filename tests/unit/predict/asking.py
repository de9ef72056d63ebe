"""The endpoint with everything around it in memory, and what one asks of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from perennial.serving.journal import Journal
from perennial.serving.models import Models
from perennial.serving.predict import Endpoint
from perennial.serving.router import Router

from tests.unit.predict.fakes import World, event

if TYPE_CHECKING:
    from perennial.serving.ports import Loader


class Asked:
    """An endpoint for the model `bank`, version 3, and for `fresh`, which was never trained."""

    def __init__(self, load: Loader | None = None) -> None:
        self.world = World()
        self.routed = self.world.put_in_service("bank", 3)
        journal = Journal()
        router = Router(
            self.world.routes,
            self.world.objects,
            load or self.world.load,
            journal,
            clock=self.world.clock,
        )
        self.router = router
        self.models = Models(router, lambda model: model in ("bank", "fresh"))
        self.endpoint = Endpoint(self.models, journal)

    def respond(self, **changes: object) -> tuple[int, dict[str, str], Any]:
        """Status, headers and document of the response to the recorded event, changed."""
        response = self.endpoint.respond(event() | changes)
        status, headers, body = response["statusCode"], response["headers"], response["body"]
        assert isinstance(status, int)
        assert isinstance(headers, dict)
        assert isinstance(body, str)
        assert response["isBase64Encoded"] is False
        return status, headers, json.loads(body)

    def problem(self, body: object = None, **changes: object) -> tuple[int, str, dict[str, Any]]:
        """Status, the last part of the type, and the whole problem document."""
        if body is not None:
            changes["body"] = body if isinstance(body, str) else json.dumps(body)
        status, headers, document = self.respond(**changes)
        assert headers["Content-Type"] == "application/problem+json"
        assert document["status"] == status
        assert document["instance"].endswith("5f0c8a6e-3f2b-4c58-9f6e-2d7b8c1a9e01")
        assert document["title"]
        assert document["detail"]
        return status, document["type"].removeprefix("urn:perennial:problem:"), document
