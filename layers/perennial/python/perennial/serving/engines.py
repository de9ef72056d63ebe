"""Engines by digest: read, loaded and kept. Going back to a version costs nothing."""

from __future__ import annotations

import time
from collections import OrderedDict

from perennial.errors import NeedsPipelineRuntime, PerennialError, Unavailable, origin

TYPE_CHECKING = False  # `typing` costs 3 ms to import and is needed by type checkers only
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from perennial.serving.artifact import Artifact
    from perennial.serving.columns import Table
    from perennial.serving.ports import Engine, Loader, Log, Objects, Reason, Routed
    from perennial.serving.predictions import Predictions


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


class Engines:
    """Loads what a route names, and keeps the last few."""

    def __init__(self, objects: Objects, load: Loader, log: Log, size: int) -> None:
        self._objects = objects
        self._load = load
        self._log = log
        self._size = size
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self.loaded_at = 0.0  # when the last one was loaded, by `time.perf_counter`

    def of(self, model: str, routed: Routed) -> Engine:
        """The engine of a version; `ELSEWHERE` where this process cannot run it.

        Raises:
            Unavailable: it cannot be loaded, which is counted.
        """
        digest = routed.artifact_digest
        if digest in self._engines:
            self._engines.move_to_end(digest)
            return self._engines[digest]
        started = time.perf_counter()
        engine = self._loaded(model, routed)
        remember(self._engines, digest, engine, self._size)
        self.loaded_at = time.perf_counter()
        self._log(
            "INFO",
            "version loaded",
            model=model,
            version=routed.number,
            digest=digest,
            milliseconds=round((self.loaded_at - started) * 1e3, 1),
        )
        return engine

    def _loaded(self, model: str, routed: Routed) -> Engine:
        try:
            data = self._objects.read(routed.artifact_uri)
            return _asked(self._load(data, routed.artifact_digest))
        except NeedsPipelineRuntime:
            return ELSEWHERE
        except Exception as error:
            # Whatever is wrong with a new version must not stop the one that works. Only our own
            # messages are known to be fit for a log.
            cause = str(error) if isinstance(error, PerennialError) else origin(error)
            self._log.load_failed(model, routed.number, cause)
            raise Unavailable(f"version {routed.number} cannot be loaded: {cause}") from error


def _asked(engine: Engine) -> Engine:
    """The engine; one that learned from pseudonyms is given them instead of what callers send."""
    columns = engine.artifact.manifest.get("pseudonymised")
    if not columns:
        return engine
    from perennial.serving.concealment import Concealing  # few models learn from them

    return Concealing(engine, columns)


def remember(cache: OrderedDict[str, Any], key: str, value: object, size: int) -> None:
    """Put something into a cache, and let go of what was not used for longest."""
    cache[key] = value
    while len(cache) > size:
        cache.popitem(last=False)
