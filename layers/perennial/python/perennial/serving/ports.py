"""What serving needs from elsewhere, as types. Imported by type checkers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Routed(Protocol):
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


class Routes(Protocol):
    """Where routes are read."""

    def champion(self, model: str) -> Routed | None:
        """The version in service; None for a model never put in service.

        Raises:
            Unavailable: the store did not answer.
        """
        ...


class Objects(Protocol):
    """Where artifacts are read."""

    def read(self, uri: str) -> bytes:
        """All bytes of an object.

        Raises:
            FileNotFoundError: there is none.
            Unavailable: the store did not answer.
        """
        ...


class Answer(Protocol):
    """What a model says about one row."""

    @property
    def value(self) -> str | float:
        """The label, or the number of a regression."""
        ...

    @property
    def probabilities(self) -> Mapping[str, float] | None:
        """Of every label; None for a regression."""
        ...


class Engine(Protocol):
    """A loaded artifact."""

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Sequence[Answer]:
        """One answer per row.

        Raises:
            InvalidRows: rows do not fit the model's schema.
        """
        ...


class Loader(Protocol):
    """Makes an engine of an artifact's bytes."""

    def __call__(self, data: bytes, digest: str) -> Engine:
        """The engine, once the bytes have been checked against the digest.

        Raises:
            ArtifactError: they are not the artifact of this digest, or cannot be run.
        """
        ...


class Log(Protocol):
    """Takes one line: a constant message and its fields."""

    def __call__(self, level: str, message: str, **fields: object) -> None:
        """Write the line."""
        ...
