"""The operation that changes which version serves a model; for operators, who sign it."""

from __future__ import annotations

from perennial.serving.control import REASON_LIMIT, ROUTE
from perennial.serving.openapi import problems
from perennial.serving.openapi.models import TAG
from perennial.serving.openapi.native import DIGEST
from perennial.serving.openapi.parts import JSON, TEXT, Part, answer, body, reference, shape

SCHEME = "Signature"
_NUMBER: Part = {"type": "integer", "minimum": 1}


def security_schemes() -> dict[str, Part]:
    """How an operator signs: AWS Signature Version 4, for `execute-api`."""
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization"}
    return {SCHEME: {**scheme, "x-amazon-apigateway-authtype": "awsSigv4"}}


def schemas() -> dict[str, Part]:
    """A route, and what is wanted of it."""
    version = shape({"version": _NUMBER, "artifact_digest": DIGEST})
    wanted = {
        "version": _NUMBER,
        "reason": {"type": "string", "minLength": 1, "maxLength": REASON_LIMIT, "pattern": "\\S"},
        "expected_revision": {"type": "integer", "minimum": 0},
    }
    route = {
        "model": TEXT,
        "revision": {"type": "integer", "minimum": 0},
        "champion": version,
        "previous": {"anyOf": [version, {"type": "null"}]},
        "changed_at": {"type": "string", "format": "date-time"},
        "changed_by": TEXT,
        "reason": TEXT,
    }
    return {"WantedRoute": shape(wanted, ["expected_revision"]), "Route": shape(route)}


def paths() -> dict[str, Part]:
    """The operation."""
    told = "Refused with 409 where the revision is not the one that is expected."
    operation = {
        "operationId": "set-route",
        "summary": "Put a version in service",
        "description": "Another version of the model answers from now on, an older one too.",
        "tags": [TAG],
        "security": [{SCHEME: []}],
        "parameters": [reference("Model", "parameters")],
        "requestBody": body({JSON: {"schema": reference("WantedRoute")}}, told),
        "responses": {"200": answer("The route as it is now.", reference("Route"))}
        | problems.responses(problems.SETTING, with_body=True),
    }
    return {ROUTE: {"put": operation}}
