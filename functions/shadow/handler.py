"""Asks a shadow what the champion has just been asked: invoked by the predict function, later.

It answers nobody. Which version is asked stands in the event, so no route is read here, and
everything imported is what predict imports, for the same reason.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from perennial.adapters.lean_s3 import LeanObjects
from perennial.adapters.lean_sqs import LeanQueue
from perennial.serving.capture import Capture
from perennial.serving.engine import engine_of
from perennial.serving.journal import Journal
from perennial.serving.shadow import Shadows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CONFIRM_SECONDS = 1.0  # for what was captured to be confirmed
_parts: Parts | None = None


class Parts:
    """What lives as long as the process: the shadows, and the queue their answers go to."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Args: environment: of the function."""
        journal = Journal(environment.get("LOG_LEVEL", "INFO"))
        specs = environment.get("PERENNIAL_SPECS") or "/opt/perennial_specs"
        self._url = environment.get("PERENNIAL_CAPTURE_QUEUE", "")
        self._queue: LeanQueue | None = None
        self.shadows = Shadows(
            LeanObjects(),
            engine_of,
            journal,
            capture=Capture(self._connect, specs, journal) if self._url else None,
            forward=_forward(environment.get("PERENNIAL_PIPELINE_FUNCTION", "")),
        )

    def _connect(self, lost: Callable[[str, str], None]) -> LeanQueue:
        self._queue = LeanQueue(self._url, lost)
        return self._queue

    def confirm(self) -> None:
        """Wait a moment for what was captured: nobody waits here, and this call may be the last."""
        until = time.monotonic() + _CONFIRM_SECONDS
        while self._queue is not None and self._queue.unconfirmed and time.monotonic() < until:
            time.sleep(0.002)
            self._queue.settle()
            self._queue.flush()


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Ask the shadow that the event names."""
    global _parts
    if _parts is None:
        _parts = Parts(os.environ)
    _parts.shadows.answer(event)
    _parts.confirm()


def _forward(name: str) -> Callable[[Mapping[str, object]], object] | None:
    """Asks the function for users' pipelines, where this deployment has one."""
    if not name:
        return None
    from perennial.adapters.lean_lambda import LeanFunction

    return LeanFunction(name)
