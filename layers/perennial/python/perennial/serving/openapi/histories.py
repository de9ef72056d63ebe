"""The operation that tells the past of a model; for operators, who sign it: it names people."""

from __future__ import annotations

from perennial.serving.histories import LISTED, MOST, PATH
from perennial.serving.openapi import problems
from perennial.serving.openapi.control import SCHEME
from perennial.serving.openapi.models import TAG
from perennial.serving.openapi.parts import (
    COUNT,
    TEXT,
    Part,
    answer,
    listed,
    parameter,
    reference,
    shape,
)

_WHEN: Part = {"type": "string", "format": "date-time"}
_NUMBER: Part = {"type": "integer", "minimum": 1}
_NUMBER_OR_NULL: Part = {"type": ["integer", "null"], "minimum": 1}


def schemas() -> dict[str, Part]:
    """Events, and what served."""
    event = {
        **{"model": TEXT, "sequence": _NUMBER, "at": TEXT, "by": TEXT, "what": TEXT},
        **{"subject": TEXT, "reason": TEXT, "previous": TEXT, "digest": TEXT, "serving": COUNT},
        "details": {"type": "object", "additionalProperties": TEXT},
    }
    service = {
        **{"revision": COUNT, "sequence": _NUMBER, "since": TEXT, "by": TEXT, "what": TEXT},
        **{"reason": TEXT, "champion": _NUMBER, "previous": _NUMBER_OR_NULL},
        **{"earlier": listed(_NUMBER), "challenger": _NUMBER_OR_NULL},
        **{"share": {"type": "number"}, "shadow": _NUMBER_OR_NULL, "rollout": TEXT},
    }
    return {
        "Event": shape(event),
        "Service": shape(service),
        "History": shape(
            {
                "model": TEXT,
                "service": {"anyOf": [reference("Service"), {"type": "null"}]},
                "events": listed(reference("Event")),
            }
        ),
    }


def paths() -> dict[str, Part]:
    """The operation."""
    limit: Part = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LISTED}
    asked = [
        parameter("since", "query", "Only events from this moment on.", _WHEN),
        parameter("until", "query", "Only events up to this moment.", _WHEN),
        parameter("at", "query", "When `service` served; left out: now.", _WHEN),
        parameter("version", "query", "Only what happened to this version.", _NUMBER),
        parameter("limit", "query", "How many events at most.", limit),
    ]
    return {
        PATH: {
            "get": {
                "operationId": "history",
                "summary": "What happened to a model, and what served when",
                "tags": [TAG],
                "security": [{SCHEME: []}],
                "parameters": [reference("Model", "parameters"), *asked],
                "responses": {"200": answer("The latest events first.", reference("History"))}
                | problems.responses(problems.READING_HISTORY),
            }
        }
    }
