"""What the parts of serving are to each other, as types. Imported by type checkers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol as Interface

from perennial.serving.answered import Answered
from perennial.serving.artifact import Artifact
from perennial.serving.columns import Table
from perennial.serving.gateway import Call
from perennial.serving.models import Models
from perennial.serving.predictions import Predictions
from perennial.serving.problems import Problem
from perennial.serving.router import Served

__all__ = ["Capture", "Engine", "Loader", "Log", "Objects", "Protocol", "Reason"]
__all__ += ["Rollout", "Routed", "Routes", "Served", "Shadowed"]


class Routed(Interface):
    """A version in service, such as `perennial.registry.records.RoutedVersion`."""

    @property
    def number(self) -> int:
        """Number of the version."""
        ...

    @property
    def artifact_digest(self) -> str:
        """SHA-256 of the artifact, hexadecimal."""
        ...

    @property
    def artifact_uri(self) -> str:
        """Where the artifact lies."""
        ...


class Rollout(Interface):
    """What a rollout has set in a route; at most one of challenger and shadow is there."""

    @property
    def id(self) -> str:
        """Names the rollout, and decides who is answered by its challenger."""
        ...

    @property
    def challenger(self) -> Routed | None:
        """The version that answers a share of the requests."""
        ...

    @property
    def share(self) -> float:
        """That share, between 0 and 1."""
        ...

    @property
    def shadow(self) -> Routed | None:
        """The version that is asked beside the champion, and answers nobody."""
        ...


class RoutedWithPrevious(Routed, Interface):
    """The version in service, what served before it, and what may come after."""

    @property
    def previous(self) -> Routed | None:
        """The version to fall back on; None for a model's first one."""
        ...

    @property
    def rollout(self) -> Rollout | None:
        """What is on its way into service; None where nothing is."""
        ...


class Routes(Interface):
    """Where routes are read."""

    def champion(self, model: str) -> RoutedWithPrevious | None:
        """The version in service; None for a model never put in service.

        Raises:
            Unavailable: the store did not answer.
        """
        ...


class Objects(Interface):
    """Where artifacts are read."""

    def read(self, uri: str) -> bytes:
        """All bytes of an object.

        Raises:
            FileNotFoundError: there is none.
            Unavailable: the store did not answer.
        """
        ...


class Reason(Interface):
    """Why a model said what it said about one row."""

    def document(self, most: int) -> Mapping[str, object]:
        """Base value, margin and contributions; the `most` largest, or all for 0."""
        ...


class Engine(Interface):
    """A loaded artifact."""

    @property
    def artifact(self) -> Artifact:
        """What it was made of; protocols read features and classes from it."""
        ...

    def predict(self, table: Table) -> Predictions:
        """One answer per row.

        Raises:
            InvalidRows: rows do not fit the model's schema.
        """
        ...

    def explain(self, table: Table) -> Sequence[Reason]:
        """One reason per row.

        Raises:
            InvalidRows: rows do not fit the model's schema.
            Problem: this model's predictions cannot be explained exactly.
        """
        ...


class Protocol(Interface):
    """How a family of paths is spoken: a module of this package."""

    def rows(self, call: Call, served: Served) -> Table:
        """What is to be predicted.

        Raises:
            Problem, InvalidRows: it is not said as it must be.
        """
        ...

    def document(self, answered: Answered, call: Call) -> Mapping[str, object] | str:
        """The body of an answer; as text where it is JSON already."""
        ...

    def problem(self, problem: Problem, call: Call) -> dict[str, object]:
        """The response that carries an error."""
        ...

    def describe(self, call: Call, models: Models) -> Mapping[str, object]:
        """The answer to a GET.

        Raises:
            Problem, PerennialError: there is none.
        """
        ...


class Capture(Interface):
    """Keeps what was predicted. It never raises and never waits for the network."""

    def __call__(self, answered: Answered, milliseconds: float) -> None:
        """Take one answered request and how long it took so far."""
        ...


class Shadowed(Interface):
    """Has a request answered once more, by a shadow. It never raises and never waits."""

    def __call__(self, event: Mapping[str, object], model: str, rollout: Rollout) -> None:
        """Hand over an event that the champion has answered."""
        ...


class Loader(Interface):
    """Makes an engine of an artifact's bytes."""

    def __call__(self, data: bytes, digest: str) -> Engine:
        """The engine, once the bytes have been checked against the digest.

        Raises:
            ArtifactError: they are not the artifact of this digest, or cannot be run.
        """
        ...


class Log(Interface):
    """Takes one line: a constant message and its fields."""

    def __call__(self, level: str, message: str, **fields: object) -> None:
        """Write the line."""
        ...

    def load_failed(self, model: str, version: int, cause: str) -> None:
        """Write that a version could not be loaded, and count it."""
        ...
