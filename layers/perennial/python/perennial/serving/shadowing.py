"""Hands requests that the champion has answered to the function that asks a shadow.

What is handed over is the part of API Gateway's event that says what was asked, and `shadow`: the
version, as the route had it when the champion answered. `perennial.serving.shadow` reads it.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from perennial.serving.capture import Queue
    from perennial.serving.journal import Journal
    from perennial.serving.ports import Rollout

MEMBER = "shadow"
FAILURES = "ShadowFailures"
# Keys and tokens of callers are for the door alone.
_HEADERS = frozenset(("content-type", "content-encoding", "x-entity-id"))
_ASKED = (
    "body",
    "httpMethod",
    "isBase64Encoded",
    "multiValueQueryStringParameters",
    "pathParameters",
    "queryStringParameters",
    "resource",
)


class Shadowing:
    """`perennial.serving.ports.Shadowed`, over a queue of events."""

    def __init__(
        self, connect: Callable[[Callable[[str, str], None]], Queue], journal: Journal
    ) -> None:
        """Wire it.

        Args:
            connect: makes the queue when it is first needed, given what it is to call with the
                model and the reason when an event is lost.
            journal: the log.
        """
        self._connect = connect
        self._journal = journal
        self._queue: Queue | None = None

    def __call__(self, event: Mapping[str, object], model: str, rollout: Rollout) -> None:
        """Hand over a request; whatever goes wrong is counted and breaks no answer."""
        try:
            if self._queue is None:
                self._queue = self._connect(self.lost)
            text = json.dumps(handed_over(event, rollout), separators=(",", ":"))
            self._queue.send(text, model)
        except Exception as error:
            self._journal.failure(error)
            self.lost(model, "it could not be put together")

    def lost(self, model: str, why: str) -> None:
        """Count a request that the shadow will not see."""
        self._journal.count(FAILURES, model, "a shadow is not asked", cause=why)


def handed_over(event: Mapping[str, object], rollout: Rollout) -> dict[str, object]:
    """What of an event a shadow needs, and which version is to answer it.

    Raises:
        AttributeError: the rollout has no shadow.
    """
    shadow: Any = rollout.shadow
    headers: Any = event.get("headers") or {}
    context: Any = event.get("requestContext") or {}
    return {
        **{name: event[name] for name in _ASKED if name in event},
        "headers": {name: of for name, of in headers.items() if name.lower() in _HEADERS},
        "requestContext": {"requestId": context.get("requestId")},
        MEMBER: {
            "rollout_id": rollout.id,
            "number": shadow.number,
            "artifact_digest": shadow.artifact_digest,
            "artifact_uri": shadow.artifact_uri,
        },
    }
