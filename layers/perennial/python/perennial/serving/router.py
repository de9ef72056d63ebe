"""Which engine answers for a model: follows the route, and keeps serving when it cannot.

A route is believed for `ROUTE_SECONDS`, so a change is followed in less than ten. The engine of
a new version takes over once it is loaded; until then, and whenever loading fails, the last one
that worked goes on. Engines are kept by digest: going back to a version costs nothing.
"""

from __future__ import annotations

import time
from collections import OrderedDict

from perennial.errors import (
    ModelNotTrained,
    NeedsPipelineRuntime,
    PerennialError,
    Unavailable,
    origin,
)

TYPE_CHECKING = False  # `typing` costs 3 ms to import and is needed by type checkers only
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from perennial.serving.artifact import Artifact
    from perennial.serving.columns import Table
    from perennial.serving.ports import (
        Engine,
        Loader,
        Log,
        Objects,
        Reason,
        Routed,
        Routes,
    )
    from perennial.serving.predictions import Predictions

    Kept = TypeVar("Kept")

ROUTE_SECONDS = 5.0
# How long what failed is left alone before it is tried again, where there is something to serve.
PAUSE_SECONDS = 2.0
ENGINES = 8


class Served:
    """A version and the engine that answers for it."""

    __slots__ = ("digest", "engine", "version")

    def __init__(self, version: int, digest: str, engine: Engine) -> None:
        self.version = version
        self.digest = digest
        self.engine = engine


class _Elsewhere:
    """Stands for an engine that this process cannot run; remembered like any other."""

    @property
    def artifact(self) -> Artifact:
        raise NeedsPipelineRuntime("a pipeline is described by the function that runs it")

    def predict(self, table: Table) -> Predictions:
        raise NeedsPipelineRuntime(f"{len(table)} rows need a pipeline")

    def explain(self, table: Table) -> Sequence[Reason]:
        raise NeedsPipelineRuntime(f"{len(table)} rows need a pipeline")


ELSEWHERE: Engine = _Elsewhere()


class _Entry:
    __slots__ = ("checked_at", "seconds", "served")

    def __init__(self, served: Served, checked_at: float) -> None:
        self.served = served
        self.checked_at = checked_at
        self.seconds = ROUTE_SECONDS  # for which the route is believed

    def believed(self, now: float) -> bool:
        """Whether the route needs no look; a clock that was set back does not prolong it."""
        return 0 <= now - self.checked_at < self.seconds


class Router:
    """Keeps routes and engines of the models that are asked for."""

    def __init__(
        self,
        routes: Routes,
        objects: Objects,
        load: Loader,
        log: Log,
        *,
        clock: Callable[[], float] = time.time,  # the monotonic one stops in a frozen sandbox
        engines: int = ENGINES,
    ) -> None:
        self._routes = routes
        self._objects = objects
        self._load = load
        self._log = log
        self._clock = clock
        self._size = engines
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._engines: OrderedDict[str, Engine] = OrderedDict()

    def served(self, model: str) -> Served:
        """The version that answers for a model now.

        Raises:
            ModelNotTrained: no version was ever put in service.
            NeedsPipelineRuntime: another function answers for it.
            Unavailable: none can be loaded, and none was before.
        """
        entry = self._entries.get(model)
        if entry is None:
            entry = _Entry(self._follow(model), self._clock())
            _remember(self._entries, model, entry, self._size)
        elif not entry.believed(self._clock()):
            self._refresh(model, entry)
        self._entries.move_to_end(model)
        if entry.served.engine is ELSEWHERE:
            raise NeedsPipelineRuntime(f"version {entry.served.version} is a pipeline")
        return entry.served

    def _refresh(self, model: str, entry: _Entry) -> None:
        try:
            entry.served = self._follow(model)
            entry.seconds = ROUTE_SECONDS
        except ModelNotTrained:
            del self._entries[model]
            raise
        except Unavailable as error:
            entry.seconds = PAUSE_SECONDS
            self._log(
                "ERROR",
                "route cannot be followed, the last version goes on",
                model=model,
                version=entry.served.version,
                cause=str(error),
            )
        entry.checked_at = self._clock()

    def _follow(self, model: str) -> Served:
        routed = self._routes.champion(model)
        if routed is None:
            raise ModelNotTrained(f"{model} has no version in service")
        return Served(routed.number, routed.artifact_digest, self._engine(model, routed))

    def _engine(self, model: str, routed: Routed) -> Engine:
        digest = routed.artifact_digest
        if digest in self._engines:
            self._engines.move_to_end(digest)
            return self._engines[digest]
        started = time.perf_counter()
        try:
            engine = self._load(self._objects.read(routed.artifact_uri), digest)
        except NeedsPipelineRuntime:
            engine = ELSEWHERE
        except Exception as error:
            # Whatever is wrong with a new version must not stop the one that works. Only our own
            # messages are known to be fit for a log.
            cause = str(error) if isinstance(error, PerennialError) else origin(error)
            raise Unavailable(f"version {routed.number} cannot be loaded: {cause}") from error
        _remember(self._engines, digest, engine, self._size)
        self._log(
            "INFO",
            "version loaded",
            model=model,
            version=routed.number,
            digest=digest,
            milliseconds=round((time.perf_counter() - started) * 1e3, 1),
        )
        return engine


def _remember(cache: OrderedDict[str, Kept], key: str, value: Kept, size: int) -> None:
    cache[key] = value
    while len(cache) > size:
        cache.popitem(last=False)
