"""A shadow: a version that is asked what the champion has been asked, and answers nobody.

The predict function hands over what it has answered, as an event of its own form with the member
`shadow`; another function answers that, keeps what was said and counts how it went.
"""

from __future__ import annotations

import time

from perennial.errors import NeedsPipelineRuntime, PerennialError, Unavailable, origin
from perennial.serving.answering import answer_of, carried, rows_of
from perennial.serving.engines import ELSEWHERE, Engines
from perennial.serving.entities import HEADER
from perennial.serving.gateway import Call
from perennial.serving.predict import PATHS, protocol_of
from perennial.serving.router import ENGINES, SHADOW, Served
from perennial.serving.shadowing import MEMBER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from perennial.serving.answered import Answered
    from perennial.serving.journal import Journal
    from perennial.serving.ports import Capture, Loader, Objects


class Shadows:
    """Answers such events with the version each of them names."""

    def __init__(
        self,
        objects: Objects,
        load: Loader,
        journal: Journal,
        *,
        capture: Capture | None = None,
        forward: Callable[[Mapping[str, object]], object] | None = None,
    ) -> None:
        """Wire it.

        Args:
            objects: where artifacts are read.
            load: makes engines of them.
            journal: the log.
            capture: keeps what the shadow has said.
            forward: asks the function that runs users' pipelines.
        """
        self._engines = Engines(objects, load, journal, ENGINES)
        self._journal = journal
        self._capture = capture
        self._forward = forward

    def answer(self, event: Mapping[str, Any]) -> None:
        """Answer one event. What the champion has answered and the shadow cannot is an error.

        Raises:
            KeyError, TypeError, ValueError: it is no event for a shadow.
        """
        started = time.perf_counter()
        call, routed = Call(event), _Routed(event[MEMBER])
        self._journal.request_id = call.request_id
        answered: Answered | None = None
        try:
            answered = self._answered(call, routed)
        except NeedsPipelineRuntime:
            if self._answered_elsewhere(event, routed, call):
                return
        except Exception as error:
            self._failed(call, routed, error)
        milliseconds = (time.perf_counter() - max(started, self._engines.loaded_at)) * 1e3
        if answered is not None and self._capture is not None:
            self._capture(answered, milliseconds)
        timed = answered is not None and self._engines.loaded_at < started
        self._journal.counted(
            model=call.path_model,
            version=routed.number,
            rows=len(answered.predictions) if answered else 0,
            failed=answered is None,
            milliseconds=milliseconds if timed else None,
        )

    def _answered(self, call: Call, routed: _Routed) -> Answered:
        engine = self._engines.of(call.path_model, routed)
        if engine is ELSEWHERE:
            raise NeedsPipelineRuntime(f"version {routed.number} is a pipeline")
        served = Served(routed.number, routed.artifact_digest, engine, role=SHADOW)
        protocol = protocol_of(call.resource)
        call.entities = call.headers.get(HEADER)  # the champion has checked it
        table = rows_of(protocol, call, served)
        answered = answer_of(call, served, table, PATHS[call.resource][1], routed.rollout_id)
        carried(protocol.document(answered, call))  # read by nobody; making it may fail, too
        return answered

    def _answered_elsewhere(self, event: Mapping[str, Any], routed: _Routed, call: Call) -> bool:
        """Whether the function that runs pipelines has seen to it."""
        try:
            if self._forward is None:
                raise Unavailable("no function for pipelines is deployed")
            self._forward(event)
        except Exception as error:
            self._failed(call, routed, error)
            return False
        return True

    def _failed(self, call: Call, routed: _Routed, error: Exception) -> None:
        self._journal(
            "ERROR",
            "the shadow cannot answer",
            model=call.path_model,
            version=routed.number,
            cause=str(error) if isinstance(error, PerennialError) else origin(error),
        )


class _Routed:
    """`perennial.serving.ports.Routed` out of an event."""

    __slots__ = ("artifact_digest", "artifact_uri", "number", "rollout_id")

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.number = int(told["number"])
        self.artifact_digest = str(told["artifact_digest"])
        self.artifact_uri = str(told["artifact_uri"])
        self.rollout_id = str(told["rollout_id"])
