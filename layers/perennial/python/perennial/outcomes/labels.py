"""The labels that the version in service of a model knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perennial.registry.objects import ObjectStore
from perennial.registry.store import Registry
from perennial.serving.learned import LearnedFrom


class KnownLabels:
    """Looks them up: the route each time, an artifact once."""

    def __init__(
        self, registry: Registry, objects: ObjectStore, log_failure: Callable[[Exception], None]
    ) -> None:
        """Args: registry, objects: where they stand; log_failure: gets why they cannot be read."""
        self._registry = registry
        self._learned = LearnedFrom(objects, log_failure)

    def __call__(self, model: str) -> Sequence[str] | None:
        """The labels of a model; None without a version in service, and of a regression.

        Raises:
            Unavailable: the registry does not answer.
        """
        route = self._registry.route(model)
        learned = None if route is None else self._learned(route.champion)
        return None if learned is None else learned.classes
