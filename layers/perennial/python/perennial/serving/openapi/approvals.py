"""The operations about approvals: anybody with a key looks, approvers decide and sign."""

from __future__ import annotations

from perennial.serving.approvals import DECISIONS, PATH
from perennial.serving.control import LARGEST, REASON_LIMIT
from perennial.serving.openapi import problems
from perennial.serving.openapi.control import SCHEME
from perennial.serving.openapi.models import TAG
from perennial.serving.openapi.parts import JSON, TEXT, Part, answer, body, reference, shape

_WHEN: Part = {"type": "string", "format": "date-time"}
_NUMBER: Part = {"type": "integer", "minimum": 1, "maximum": LARGEST}
_REASON: Part = {"type": "string", "minLength": 1, "maxLength": REASON_LIMIT, "pattern": "\\S"}
_STATUSES = ["PENDING", "APPROVED", "REJECTED", "EXPIRED", "SUPERSEDED"]


def _or_null(schema: Part) -> Part:
    return {"anyOf": [schema, {"type": "null"}]}


def schemas() -> dict[str, Part]:
    """An approval as it stands, and what is decided."""
    approval = {
        **{"model": TEXT, "version": _NUMBER, "run_id": TEXT, "status": {"enum": _STATUSES}},
        **{"asked_at": _WHEN, "expires_at": _WHEN, "decided_at": _or_null(_WHEN)},
        **{"decided_by": _or_null(TEXT), "reason": _or_null(TEXT)},
    }
    decision = {"decision": {"enum": [*DECISIONS]}, "reason": _REASON}
    return {"Approval": shape(approval), "WantedDecision": shape(decision)}


def paths() -> dict[str, Part]:
    """The operations."""
    about: Part = {
        "tags": [TAG],
        "parameters": [reference("Model", "parameters"), reference("Registered", "parameters")],
    }
    decided = answer("The approval as it is now.", reference("Approval"))
    told = "Refused with 409 where there is nothing to decide any more, 403 to the wrong person."
    return {
        PATH: {
            "get": {
                "operationId": "approval",
                "summary": "Whether people let a version into service",
                **about,
                "responses": {"200": answer("As it is now.", reference("Approval"))}
                | problems.responses(problems.READING_AN_APPROVAL),
            },
            "post": {
                "operationId": "decide-approval",
                "summary": "Approve or reject a version",
                "description": "A version that waits comes into service, or never does.",
                **about,
                "security": [{SCHEME: []}],
                "requestBody": body({JSON: {"schema": reference("WantedDecision")}}, told),
                "responses": {"200": decided}
                | problems.responses(problems.DECIDING, with_body=True),
            },
        }
    }
