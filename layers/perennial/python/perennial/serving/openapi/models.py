"""The operations that tell which models there are, and this document itself."""

from __future__ import annotations

from collections.abc import Sequence

from perennial.serving.openapi import problems as openapi_problems
from perennial.serving.openapi.native import DIGEST
from perennial.serving.openapi.parts import COUNT, TEXT, Part, answer, listed, reference, shape
from perennial.serving.openapi.problems import READING, READING_A_MODEL
from perennial.serving.problems import Kind

TAG = "Models"
_TIME: Part = {"type": "string", "format": "date-time"}
_VERSION: Part = {"type": "integer", "minimum": 1}
_NULLABLE: Part = {"type": ["string", "null"]}


def schemas() -> dict[str, Part]:
    """What is told about models."""
    champion = {
        "version": _VERSION,
        "artifact_digest": DIGEST,
        "in_service_since": _TIME,
        "algorithm": TEXT,
        "trained_at": _TIME,
        "metrics": {"type": "object", "additionalProperties": {"type": "number"}},
        **{"run_id": TEXT, "card_uri": TEXT, "mlflow_uri": TEXT},
        "dollars": {"type": ["number", "null"], "minimum": 0},
    }
    of_version = ["algorithm", "trained_at", "metrics", "run_id", "card_uri", "mlflow_uri"]
    run = {"run_id": TEXT, "status": TEXT, "created_at": _TIME, "updated_at": _TIME}
    endpoint = {"method": TEXT, "path": TEXT, "maximum_rows": COUNT, "maximum_bytes": COUNT}
    described = {
        **_heading(),
        "target": TEXT,
        "classes": {"type": ["array", "null"], "items": TEXT},
        "positive_class": _NULLABLE,
        "endpoint": shape(endpoint),
        "features": listed(_feature()),
        "champion": _or_null(shape(champion, [*of_version, "dollars"])),
        "newest_run": _or_null(shape(run)),
    }
    return {
        "Models": shape({"models": listed(shape(_heading()))}),
        "Description": shape(described),
        "Rollouts": shape(
            {
                "model": TEXT,
                "rollout": _or_null(reference("Rollout")),
                "earlier": listed(reference("Rollout")),
            }
        ),
        "Rollout": shape(_rollout()),
    }


def paths() -> dict[str, Part]:
    """The operations."""
    document: Part = {"type": "object", "required": ["openapi", "info", "paths"]}
    model = [reference("Model", "parameters")]
    return {
        "/v1/models": _get("models", "The deployed models", reference("Models")),
        "/v1/models/{model}": _get(
            "model", "All about one model", reference("Description"), READING_A_MODEL, model
        ),
        "/openapi.json": _get("openapi", "This document", document),
    }


def rollout() -> Part:
    """How a rollout is looked at; operators change it under the same path."""
    model = [reference("Model", "parameters")]
    told = "The rollout under way, and the latest ones"
    return _get("rollout", told, reference("Rollouts"), READING_A_MODEL, model)


def _rollout() -> Part:
    strategy: Part = {"enum": ["shadow", "canary", "ab"]}
    share: Part = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
    step = {
        "strategy": strategy,
        "share": share,
        "bake_seconds": COUNT,
        "minimum_requests": COUNT,
    }
    statuses = ["RUNNING", "PAUSED", "WAITING", "PROMOTED", "REJECTED", "ENDED", "SUPERSEDED"]
    return {
        **{"rollout_id": TEXT, "status": {"enum": statuses}},
        **{"version": _VERSION, "champion": _VERSION},
        **{"strategy": strategy, "share": share, "step": {"type": "integer", "minimum": 1}},
        "steps": listed(shape(step)),
        **{"began_at": _TIME, "began_by": TEXT, "step_began_at": _TIME, "updated_at": _TIME},
        "reason": TEXT,
        "findings": {
            "type": ["object", "null"],
            "description": "What the judge last saw, by guardrail.",
        },
    }


def _get(
    name: str,
    summary: str,
    schema: Part,
    problems: Sequence[Kind] = READING,
    parameters: Sequence[Part] = (),
) -> Part:
    operation: Part = {
        "operationId": name,
        "summary": summary,
        "tags": [TAG],
        "responses": {"200": answer("As it is now.", schema)}
        | openapi_problems.responses(problems),
    }
    return {"get": operation | ({"parameters": list(parameters)} if parameters else {})}


def _heading() -> Part:
    return {
        "name": TEXT,
        "description": TEXT,
        "task": {"enum": ["binary", "multiclass", "regression"]},
        "status": {"enum": ["in-service", "not-trained"]},
        "version": {"type": ["integer", "null"], "minimum": 1},
        "path": TEXT,
    }


def _feature() -> Part:
    members: Part = {
        "name": TEXT,
        "type": {"enum": ["number", "integer", "category", "boolean", "timestamp", "text"]},
        "nullable": {"type": "boolean"},
        "description": TEXT,
        "sensitive": {"const": True},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "categories": listed(TEXT),
        "unseen": {"enum": ["reject", "missing"]},
    }
    return shape(members, [name for name in members if name not in ("name", "type", "nullable")])


def _or_null(schema: Part) -> Part:
    return {"anyOf": [schema, {"type": "null"}]}
