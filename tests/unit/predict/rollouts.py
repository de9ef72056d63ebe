"""An endpoint in the middle of a rollout, and what its lines count."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from perennial.serving.answered import Answered
from perennial.serving.journal import Journal
from perennial.serving.predict import Endpoint

from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import FakeEngine, event

HEADER = "x-entity-id"
ROWS = [{"age": 50}, {"age": 20}]
# Of rollout `r1`, the first is answered by a challenger with half of the requests.
CHALLENGED, LEFT = "customer-4", "customer-1"
Captures = list[tuple[Answered, float]]


class Rollout(Asked):
    """Version 3 of `bank` is the champion, version 4 challenges it."""

    def __init__(self, share: float = 0.5) -> None:
        super().__init__()
        self.captures: Captures = []
        self.shadowed: list[tuple[Any, str, int]] = []
        self.forward: Callable[[Any], dict[str, object]] | None = None
        self.world.challenge("bank", 4, share)
        self.rewire()

    def rewire(self) -> None:
        self.endpoint = Endpoint(
            self.models,
            Journal(),
            capture=lambda answered, took: self.captures.append((answered, took)),
            forward=self.forward,
            shadow=lambda event, model, rollout: self.shadowed.append(
                (event, model, rollout.shadow.number if rollout.shadow else 0)
            ),
        )

    def ask(self, entity: str | None = None, **body: object) -> tuple[int, dict[str, Any]]:
        headers = dict(event()["headers"]) | ({} if entity is None else {HEADER: entity})
        status, _, document = self.respond(headers=headers, body=json.dumps({"rows": ROWS} | body))
        return status, document

    def challenger(self) -> FakeEngine:
        split = self.router.served("bank").rollout
        assert split is not None
        engine = split.challenger().engine
        assert isinstance(engine, FakeEngine)
        return engine

    def champion(self) -> FakeEngine:
        engine = self.router.served("bank").engine
        assert isinstance(engine, FakeEngine)
        return engine


Counted = tuple[object, int, int, bool]  # version, requests, errors, with latency


def counted(capsys: pytest.CaptureFixture[str], *dimensions: str) -> list[Counted]:
    """What the lines count by these dimensions."""
    found = []
    for text in capsys.readouterr().out.splitlines():
        line = json.loads(text)
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            names = {metric["Name"] for metric in directive["Metrics"]}
            if list(dimensions) in directive["Dimensions"] and "Requests" in names:
                assert all(isinstance(line[name], str) for name in dimensions)
                assert names <= line.keys()
                timed = "LatencyMs" in names
                found.append((line.get("version"), line["Requests"], line["Errors"], timed))
    return found
