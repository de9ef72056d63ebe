"""Which engine answers for a model: follows the route, and keeps serving when it cannot.

A route is believed for `ROUTE_SECONDS`, so a change is followed in less than ten. The engine of
a new version takes over once it is loaded; until then, and whenever loading fails, the last one
that worked goes on. A process that has none yet falls back on the version before.

What a rollout has set stands beside the champion, in `Served.rollout`; `perennial.serving.split`
knows what to do with it.
"""

from __future__ import annotations

import time
from collections import OrderedDict

from perennial.errors import ModelNotTrained, NeedsPipelineRuntime, Unavailable
from perennial.serving.engines import ELSEWHERE, Engines, remember

TYPE_CHECKING = False  # `typing` costs 3 ms to import and is needed by type checkers only
if TYPE_CHECKING:
    from collections.abc import Callable

    from perennial.serving.ports import (
        Engine,
        Loader,
        Log,
        Objects,
        Routed,
        RoutedWithPrevious,
        Routes,
    )
    from perennial.serving.split import Split

ROUTE_SECONDS = 5.0
# How long what failed is left alone before it is tried again, where there is something to serve.
PAUSE_SECONDS = 2.0
ENGINES = 8
CHAMPION, CHALLENGER, SHADOW = "champion", "challenger", "shadow"


class Served:
    """A version, the engine that answers for it, and as what it does.

    `rollout` is there at the champion while a rollout is under way.
    """

    __slots__ = ("digest", "engine", "role", "rollout", "version")

    def __init__(
        self,
        version: int,
        digest: str,
        engine: Engine,
        *,
        role: str = CHAMPION,
        rollout: Split | None = None,
    ) -> None:
        self.version = version
        self.digest = digest
        self.engine = engine
        self.role = role
        self.rollout = rollout


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
        self._log = log
        self._clock = clock
        self._size = engines
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._engines = Engines(objects, load, log, engines)

    def served(self, model: str) -> Served:
        """The version that answers for a model now.

        Raises:
            ModelNotTrained: no version was ever put in service.
            NeedsPipelineRuntime: another function answers for it.
            Unavailable: none can be loaded, and none was before.
        """
        entry = self._entries.get(model)
        if entry is None:
            entry = self._first(model)
            remember(self._entries, model, entry, self._size)
        elif not entry.believed(self._clock()):
            self._refresh(model, entry)
        self._entries.move_to_end(model)
        if entry.served.engine is ELSEWHERE:
            raise NeedsPipelineRuntime(f"version {entry.served.version} is a pipeline")
        return entry.served

    def _refresh(self, model: str, entry: _Entry) -> None:
        try:
            entry.served = self._champion(model, self._routed(model), entry.served)
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

    def _first(self, model: str) -> _Entry:
        """What a process that has nothing yet serves; a broken version leaves it the one before."""
        routed = self._routed(model)
        try:
            return _Entry(self._champion(model, routed), self._clock())
        except Unavailable as error:
            previous = routed.previous
            if previous is None or isinstance(error.__cause__, Unavailable):
                raise  # where the store itself is down, there is nothing else to be had from it
            entry = _Entry(self._loaded(model, previous), self._clock())
            entry.seconds = PAUSE_SECONDS
            self._log(
                "ERROR",
                "version in service cannot be loaded, the one before it answers",
                model=model,
                version=previous.number,
                cause=str(error),
            )
            return entry

    def _routed(self, model: str) -> RoutedWithPrevious:
        routed = self._routes.champion(model)
        if routed is None:
            raise ModelNotTrained(f"{model} has no version in service")
        return routed

    def _champion(
        self, model: str, routed: RoutedWithPrevious, before: Served | None = None
    ) -> Served:
        served = self._loaded(model, routed)
        if routed.rollout is not None:
            from perennial.serving.split import Split, followed  # only while there is a rollout

            fresh = Split(model, routed.rollout, self._engines, self._clock)
            served.rollout = followed(before.rollout if before else None, fresh)
        return served

    def _loaded(self, model: str, routed: Routed) -> Served:
        return Served(routed.number, routed.artifact_digest, self._engines.of(model, routed))
