"""An engine, a registry and a store that live in memory."""

from __future__ import annotations

import hashlib
import json
from array import array
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.errors import ArtifactError, InvalidRows, RowProblem
from perennial.features.encoder import Encoder
from perennial.registry.records import RoutedVersion
from perennial.serving.artifact import Artifact
from perennial.serving.columns import Columns
from perennial.serving.contributions import Contributions
from perennial.serving.predictions import Predictions

if TYPE_CHECKING:
    from perennial.serving.columns import Table

EVENTS = Path(__file__).parents[2] / "events"


def event(name: str = "rest-predict") -> dict[str, Any]:
    """A recorded event of API Gateway."""
    recorded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return recorded


@dataclass
class FakeEngine:
    """Says `yes` where the number `age` is at least 40; knows no other field."""

    name: str = "v1"
    error: Exception | None = None
    artifact: Any = field(default_factory=lambda: Artifact("", {}, Encoder([]), {}))

    def predict(self, table: Table) -> Predictions:
        if self.error:
            raise self.error
        assert not isinstance(table, Columns)
        rows: Any = table
        bad = [
            RowProblem(number, "age", "a number is needed")
            for number, row in enumerate(rows)
            if type(row.get("age")) not in (int, float) or abs(row["age"]) > 1e308
        ]
        if bad:
            raise InvalidRows(bad[:100])
        return predictions([0.75 if row["age"] >= 40 else 0.25 for row in rows])

    def explain(self, table: Table) -> list[Contributions]:
        return [Contributions(["age"], None, [[0.5, -1.0]]) for _ in range(len(table))]


def predictions(yes: list[Any]) -> Predictions:
    """Predictions of `yes`, or else `no`, with these probabilities."""
    both = array("d", [part for one in yes for part in (1 - one, one)])
    return Predictions(both, ("no", "yes"), [int(one > 0.5) for one in yes])


@dataclass(frozen=True)
class FakeRouted(RoutedVersion):
    previous: RoutedVersion | None = None
    rollout: FakeRollout | None = None


@dataclass(frozen=True)
class FakeRollout:
    id: str
    challenger: RoutedVersion | None = None
    share: float = 0.0
    shadow: RoutedVersion | None = None


@dataclass
class FakeRoutes:
    routes: dict[str, FakeRouted] = field(default_factory=dict)
    error: Exception | None = None
    asked: int = 0

    def champion(self, model: str) -> FakeRouted | None:
        self.asked += 1
        if self.error:
            raise self.error
        return self.routes.get(model)


@dataclass
class FakeObjects:
    objects: dict[str, bytes] = field(default_factory=dict)
    error: Exception | None = None
    read_uris: list[str] = field(default_factory=list)

    def read(self, uri: str) -> bytes:
        self.read_uris.append(uri)
        if self.error:
            raise self.error
        if uri not in self.objects:
            raise FileNotFoundError("there is no such object")
        return self.objects[uri]


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


class Lines(list[tuple[str, str, dict[str, object]]]):
    """A log in memory."""

    def __call__(self, level: str, message: str, **fields: object) -> None:
        self.append((level, message, fields))

    def load_failed(self, model: str, version: int, cause: str) -> None:
        self("ERROR", "version cannot be loaded", model=model, version=version, cause=cause)


class World:
    """Everything around a router, and a way to put versions into it."""

    def __init__(self) -> None:
        self.routes = FakeRoutes()
        self.objects = FakeObjects()
        self.clock = Clock()
        self.log = self.lines = Lines()
        self.loaded: list[str] = []

    def put_in_service(self, model: str, number: int, content: bytes = b"") -> FakeRouted:
        stored = self._stored(model, number, content)
        before = self.routes.routes.get(model)
        self.routes.routes[model] = FakeRouted(
            number, stored.artifact_digest, stored.artifact_uri, before
        )
        return self.routes.routes[model]

    def challenge(
        self, model: str, number: int, share: float, *, rollout: str = "r1", content: bytes = b""
    ) -> RoutedVersion:
        """Give a challenger a share of the requests."""
        stored = self._stored(model, number, content)
        self._roll_out(model, FakeRollout(rollout, challenger=stored, share=share))
        return stored

    def cast_shadow(self, model: str, number: int, *, rollout: str = "r1") -> RoutedVersion:
        """Have a version asked beside the champion."""
        stored = self._stored(model, number)
        self._roll_out(model, FakeRollout(rollout, shadow=stored))
        return stored

    def _roll_out(self, model: str, rollout: FakeRollout) -> None:
        self.routes.routes[model] = replace(self.routes.routes[model], rollout=rollout)

    def _stored(self, model: str, number: int, content: bytes = b"") -> RoutedVersion:
        data = content or f"{model} {number}".encode()
        digest = hashlib.sha256(data).hexdigest()
        uri = f"s3://artifacts/{model}/{digest}.zip"
        self.objects.objects[uri] = data
        return RoutedVersion(number, digest, uri)

    def load(self, data: bytes, digest: str) -> FakeEngine:
        if hashlib.sha256(data).hexdigest() != digest:
            raise ArtifactError("the digest differs")
        self.loaded.append(digest)
        return FakeEngine(data.decode())
