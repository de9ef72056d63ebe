"""The operation that takes what came true of predictions."""

from __future__ import annotations

from perennial.serving.openapi import problems
from perennial.serving.openapi.models import TAG
from perennial.serving.openapi.parts import (
    COUNT,
    JSON,
    TEXT,
    Part,
    answer,
    body,
    listed,
    reference,
    shape,
)

OUTCOMES = "/v1/models/{model}/outcomes"
MAX_OUTCOMES = 10_000  # of a request; about as many as a body of the largest size holds
_ID: Part = {"type": "string", "minLength": 1, "maxLength": 256}
_MOMENT: Part = {"type": "string", "format": "date-time"}
_VALUE: Part = {"type": ["string", "number", "boolean"]}


def schemas() -> dict[str, Part]:
    """What is sent, and what is said of it."""
    said: Part = {
        "outcome": {"description": "A label; of a regression a number.", **_VALUE},
        "observed_at": {"description": "When it was known; else when it came in.", **_MOMENT},
    }
    at = {"description": "The last prediction at or before this moment is meant.", **_MOMENT}
    of_prediction = shape({"prediction_id": _ID, **said}, ["observed_at"])
    of_entity = shape({"entity_id": _ID, "predicted_at": at, **said}, ["observed_at"])
    refused = shape({"index": COUNT, "reason": TEXT})
    outcome: Part = {"oneOf": [of_prediction, of_entity]}
    return {
        "Outcomes": shape({"outcomes": listed(outcome, minItems=1, maxItems=MAX_OUTCOMES)}),
        "TakenOutcomes": shape(
            {"accepted": {"type": "integer", "minimum": 1}, "rejected": listed(refused)}
        ),
    }


def paths() -> dict[str, Part]:
    """The operation."""
    told = (
        "Kept within minutes, and joined to predictions when reports are made. That some are "
        "wrong does not stop the others; sent twice, an outcome counts once; a later one replaces "
        "an earlier one."
    )
    operation: Part = {
        "operationId": "send-outcomes",
        "summary": "Say what came true",
        "description": told,
        "tags": [TAG],
        "parameters": [reference("Model", "parameters")],
        "requestBody": body(
            {JSON: {"schema": reference("Outcomes")}},
            f"Up to {MAX_OUTCOMES} outcomes; more belong into a file.",
        ),
        "responses": {"202": answer("What was taken.", reference("TakenOutcomes"))}
        | problems.responses(problems.TAKING, with_body=True),
    }
    return {OUTCOMES: {"post": operation}}
