"""A model with versions that really load, behind the real endpoint, for flows that are broken off.

The endpoint reads the route as the table holds it. What is asked of it between any two calls of a
flow must be answered: no request gets an error because a route is being changed.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perennial.adapters.dynamodb_items import ROUTE, item_of
from perennial.adapters.lean_dynamodb import _champion
from perennial.registry.layout import artifact_key, run_prefix, uri
from perennial.registry.receipt import digest_of
from perennial.registry.records import Rollout, RoutedVersion
from perennial.registry.routing import choose_champion
from perennial.registry.store import Registry
from perennial.rollout.evidence import Evidence
from perennial.serving.journal import Journal
from perennial.serving.models import Models
from perennial.serving.predict import PREDICT, Endpoint
from perennial.serving.router import ROUTE_SECONDS, Router

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.workflow import RecordingWorkflow
from tests.unit.faults.artifacts import ROWS, loaded, with_golden_rows
from tests.unit.faults.faulty import Faults
from tests.unit.faults.history import stored, told

ARTIFACTS = "artifacts"
CANDIDATE = 5  # the version that the run `next` would register


@dataclass
class Ports:
    """What a flow calls, each call counted."""

    registry: Registry
    objects: InMemoryObjects
    workflow: RecordingWorkflow
    predict: Any
    witness: Any


@dataclass
class World:
    """The model `bank` with four registered versions; `next` is a run that has been evaluated."""

    registry: Registry = field(default_factory=InMemoryRegistry)
    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    workflow: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    evidence: Evidence = field(default_factory=Evidence)
    seconds: float = 1_000.0
    answers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ticks = itertools.count()
        for number in range(1, CANDIDATE):
            data, digest = with_golden_rows(number)
            where = uri(ARTIFACTS, artifact_key("bank", digest))
            self.objects.write(where, data, "application/zip")
            self.registry.create_run(a_run(f"run{number}"))
            version = a_version(f"run{number}", artifact_digest=digest, artifact_uri=where)
            self.registry.register_version(version, an_event())
        self._evaluated("next")
        self.warm = self.endpoint()

    def _evaluated(self, run_id: str) -> None:
        """What a run leaves behind before it is registered."""
        data, digest = with_golden_rows(CANDIDATE)
        evaluation = {
            "model": "bank",
            "run_id": run_id,
            "outcome": "PASSED",
            "artifact_digest": digest,
            "artifact_size": len(data),
            "dataset_digest": "e" * 64,
            "spec_digest": "f" * 64,
            "algorithm": "xgboost",
            "metrics": {"roc_auc": 0.9},
            "gates": ["roc_auc 0.9 ≥ 0.8"],
        }
        where = uri("data", run_prefix("bank", run_id))
        self.objects.write(where + "candidate.zip", data, "application/zip")
        self.objects.write(
            where + "evaluation.json", json.dumps(evaluation).encode(), "application/json"
        )
        content = {"dataset_digest": "e" * 64, "spec_digest": "f" * 64}
        receipt = {**content, "run_id": run_id, "digest": digest_of(content)}
        training = {"artifact_digest": digest, "receipt": "receipt.json"}
        for name, document in (("receipt.json", receipt), ("training.json", training)):
            self.objects.write(where + name, json.dumps(document).encode(), "application/json")
        self.registry.create_run(a_run(run_id))

    def clock(self) -> str:
        """A later moment at every call."""
        return f"2026-01-02T03:04:05.{next(self._ticks):03d}Z"

    def serve(self, *numbers: int) -> None:
        """Versions come into service, one after the other."""
        for number in numbers:
            choose_champion(
                "bank", number, by="a", reason="r", registry=self.registry, clock=self.clock
            )

    def endpoint(self) -> Endpoint:
        """An endpoint nobody has asked yet."""
        router = Router(
            _Routes(self.registry), self.objects, loaded, Journal("ERROR"), clock=self._now
        )
        return Endpoint(Models(router, lambda model: model == "bank"), Journal("ERROR"))

    def ports(self, faults: Faults) -> Ports:
        """All ports, with faults over them; the endpoint is asked between any two calls."""
        faults.between = self.ask
        cold = self.endpoint()
        return Ports(
            faults.over(self.registry, "registry"),
            faults.over(self.objects, "objects"),
            faults.over(self.workflow, "workflow"),
            faults.over(cold.respond, "predict"),
            faults.over(self._witness, "witness"),
        )

    def ask(self) -> None:
        """One request of an endpoint that has just started, and one of an old one."""
        if self.registry.route("bank") is None:
            return
        for endpoint in (self.endpoint(), self.warm):
            status = endpoint.respond(_request())["statusCode"]
            assert isinstance(status, int)
            self.answers.append(status)
        self.seconds += ROUTE_SECONDS / 2

    def check(self) -> None:
        """What must hold whenever nobody is at work, however the last one ended."""
        self.ask()
        assert set(self.answers) <= {200}
        for routed in self._routed():
            version = self.registry.version("bank", routed.number)
            assert version is not None
            assert (version.artifact_digest, version.artifact_uri) == (
                routed.artifact_digest,
                routed.artifact_uri,
            )
            assert version.status.value != "REJECTED"
            _answers_its_golden_rows(self.objects, routed)
        assert told(self.registry) == stored(self.registry)
        events = self.registry.events("bank", 1_000)
        assert [e.sequence for e in reversed(events)] == list(range(1, len(events) + 1))

    def outcome(self) -> tuple[object, ...]:
        """What a flow has brought about, without the times."""
        told_of = [
            (event.what, event.subject, event.reason, sorted(event.details.items()))
            for event in self.registry.events("bank", 1_000)
            if not event.what.startswith("route_prove")
        ]
        run = self.registry.run("bank", "next")
        return stored(self.registry), told_of, run and run.version, sorted(self.workflow.started)

    def _routed(self) -> list[RoutedVersion]:
        route = self.registry.route("bank")
        if route is None:
            return []
        named = (route.champion, route.previous, *route.earlier, route.challenger, route.shadow)
        return [one for one in named if one is not None]

    def _witness(self, _rollout: Rollout, _until: str) -> Evidence:
        return self.evidence

    def _now(self) -> float:
        return self.seconds


class _Routes:
    """Routes, read as the predict function reads them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def champion(self, model: str) -> Any:
        route = self._registry.route(model)
        item = {} if route is None else {"Item": item_of(route, ROUTE)}
        return _champion(json.dumps(item).encode())


def _request() -> Mapping[str, object]:
    return {
        "resource": PREDICT,
        "httpMethod": "POST",
        "pathParameters": {"model": "bank"},
        "headers": {"content-type": "application/json"},
        "requestContext": {"requestId": "r"},
        "body": json.dumps({"rows": ROWS}),
    }


def _answers_its_golden_rows(objects: InMemoryObjects, routed: RoutedVersion) -> None:
    engine = loaded(objects.read(routed.artifact_uri), routed.artifact_digest)
    golden = json.loads(engine.artifact.entries["golden.json"])
    answers = list(engine.predict(golden["rows"]))
    for one, wanted in zip(answers, golden["expected"], strict=True):
        assert (one.value, one.probabilities) == (wanted["value"], wanted["probabilities"])
