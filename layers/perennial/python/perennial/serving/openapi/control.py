"""The operations that change what serves a model; for operators, who sign them."""

from __future__ import annotations

from collections.abc import Sequence

from perennial.serving.control import (
    AUTOMATION,
    FORGET,
    LARGEST,
    REASON_LIMIT,
    ROLLBACK,
    ROLLOUT,
    ROLLOUT_ACTIONS,
    ROUTE,
)
from perennial.serving.openapi import problems
from perennial.serving.openapi.models import TAG
from perennial.serving.openapi.models import rollout as looking_at_a_rollout
from perennial.serving.openapi.native import DIGEST
from perennial.serving.openapi.parts import JSON, TEXT, Part, answer, body, reference, shape
from perennial.serving.problems import Kind

SCHEME = "Signature"
_NUMBER: Part = {"type": "integer", "minimum": 1, "maximum": LARGEST}
_COUNT: Part = {"type": "integer", "minimum": 0, "maximum": LARGEST}
_WHEN: Part = {"type": "string", "format": "date-time"}
_REASON: Part = {"type": "string", "minLength": 1, "maxLength": REASON_LIMIT, "pattern": "\\S"}
_MOVED = "Refused with 409 where no rollout is under way, or it is at another step."
_RACE = "Refused with 409 where the revision is not the one that is expected."


def security_schemes() -> dict[str, Part]:
    """How an operator signs: AWS Signature Version 4, for `execute-api`."""
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization"}
    return {SCHEME: {**scheme, "x-amazon-apigateway-authtype": "awsSigv4"}}


def schemas() -> dict[str, Part]:
    """Routes, rollouts and automation as they are, and what is wanted of them."""
    version = shape({"version": _NUMBER, "artifact_digest": DIGEST})
    route = {
        "model": TEXT,
        "revision": _COUNT,
        "champion": version,
        "previous": {"anyOf": [version, {"type": "null"}]},
        "changed_at": _WHEN,
        "changed_by": TEXT,
        "reason": TEXT,
    }
    proof = {"type": ["string", "null"], "description": "The execution that proves it."}
    rollout = {
        **{"model": TEXT, "rollout_id": TEXT, "version": _NUMBER, "status": TEXT},
        **{"step": _COUNT, "reason": TEXT},
    }
    return {
        **_wishes(),
        "Route": shape(route),
        "TakenBack": shape({**route, "proof": proof}),
        "ChangedRollout": shape(rollout),
        "Forgetting": shape(
            {"model": TEXT, "request_id": TEXT, "dry_run": {"type": "boolean"}, "execution": TEXT}
        ),
        "Automation": shape({"model": TEXT, "halted": {"type": "boolean"}}),
    }


def _wishes() -> dict[str, Part]:
    revision = {"expected_revision": _COUNT}
    return {
        "WantedRoute": shape(
            {"version": _NUMBER, "reason": _REASON, **revision}, ["expected_revision"]
        ),
        "WantedRollback": shape(
            {"to": _NUMBER, "reason": _REASON, **revision}, ["to", "expected_revision"]
        ),
        "WantedRollout": shape(
            {"action": {"enum": [*ROLLOUT_ACTIONS]}, "reason": _REASON, "step": _NUMBER}, ["step"]
        ),
        "WantedForgetting": shape(
            {
                "id": {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": "\\S"},
                "kind": {"enum": ["person", "row"]},
                "reason": _REASON,
                "dry_run": {"type": "boolean"},
            },
            ["kind", "dry_run"],
        ),
        "WantedAutomation": shape({"action": {"enum": ["resume"]}, "reason": _REASON}),
    }


def paths() -> dict[str, Part]:
    """The operations."""
    return {
        ROUTE: {
            "put": _operation(
                ("set-route", "Put a version in service"),
                "Another version of the model answers from now on, an older one too.",
                (("WantedRoute", _RACE), ("Route", "The route as it is now.")),
                problems.SETTING,
            )
        },
        ROLLBACK: {
            "post": _operation(
                ("roll-back", "Take the last change back"),
                "The last good version answers, or the one named; the one that served is rejected. "
                "While a rollout is under way, it ends and its challenger is rejected instead.",
                (("WantedRollback", _RACE), ("TakenBack", "The route as it is now.")),
                problems.TAKING_BACK,
            )
        },
        ROLLOUT: {
            **looking_at_a_rollout(),
            "post": _operation(
                ("change-rollout", "Pause, resume, advance or end a rollout"),
                "The rollout that is under way does what is asked of it.",
                (
                    ("WantedRollout", _MOVED),
                    ("ChangedRollout", "The rollout as it is now."),
                ),
                problems.INTERVENING,
            ),
        },
        FORGET: {
            "post": _operation(
                ("forget-person", "Remove a person's rows"),
                "Rows of a person leave captures, outcomes, datasets, uploads and scored files; "
                "what comes of it is the output of the execution.",
                (
                    ("WantedForgetting", "Refused with 422 where the spec names no persons."),
                    ("Forgetting", "The workflow that was started."),
                ),
                problems.FORGETTING,
            )
        },
        AUTOMATION: {
            "post": _operation(
                ("resume-automation", "Let automation go on"),
                "Alarms retrain and roll back again, after that was stopped.",
                (
                    ("WantedAutomation", "Refused with 409 where nothing has stopped."),
                    ("Automation", "How things are now."),
                ),
                problems.RESUMING,
            )
        },
    }


def _operation(
    named: tuple[str, str],
    told: str,
    schemas: tuple[tuple[str, str], tuple[str, str]],
    kinds: Sequence[Kind],
) -> Part:
    """One operation: id and summary, description, schema and words of body and answer, errors."""
    (wanted, about), (changed, meaning) = schemas
    return {
        "operationId": named[0],
        "summary": named[1],
        "description": told,
        "tags": [TAG],
        "security": [{SCHEME: []}],
        "parameters": [reference("Model", "parameters")],
        "requestBody": body({JSON: {"schema": reference(wanted)}}, about),
        "responses": {"200": answer(meaning, reference(changed))}
        | problems.responses(kinds, with_body=True),
    }
