"""The API as an OpenAPI 3.1 document, made from the code's own tables and the deployed specs.

Each model has paths of its own, since each has rows of its own. Used by the manage function and
the command line; nothing on the way of a prediction imports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from perennial.serving.openapi import approvals as openapi_approvals
from perennial.serving.openapi import control as openapi_control
from perennial.serving.openapi import histories as openapi_histories
from perennial.serving.openapi import mlflow as openapi_mlflow
from perennial.serving.openapi import models as openapi_models
from perennial.serving.openapi import native as openapi_native
from perennial.serving.openapi import open_inference as openapi_open_inference
from perennial.serving.openapi import outcomes as openapi_outcomes
from perennial.serving.openapi import problems
from perennial.serving.openapi.parts import Part, parameter
from perennial.serving.openapi.rows import DocumentedModel

OPENAPI = "/openapi.json"
VERSION = "1"  # of the API: what stands under /v1
_NAME = "^[a-z][a-z0-9-]{0,47}$"
_SCHEMES: Part = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "Token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "A token of the user pool, without a word before it.",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
    },
}
_CALLERS = {"key": ("ApiKey",), "cognito": ("Token",), "key-and-cognito": ("ApiKey", "Token")}
_INTRODUCTION = (
    "Predictions of tabular models. A request is answered whole or not at all; errors are "
    "problem documents (RFC 9457) that name what is wrong and never repeat a value."
)


def document(
    models: Sequence[DocumentedModel],
    servers: Sequence[Mapping[str, object]],
    auth: str = "key",
) -> Part:
    """The document.

    Args:
        models: the deployed models, in the order they are to be shown.
        servers: Server Objects: where the API can be reached.
        auth: what callers show: `key`, `cognito` for a token, or `key-and-cognito` for both.
    """
    paths = _paths(models)
    if auth != "key":
        _allow_refused_tokens(paths)
    used = {name for _, operation in _operations(paths) for name in _errors(operation)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Perennial", "version": VERSION, "description": _INTRODUCTION},
        "servers": [dict(server) for server in servers],
        "security": [{scheme: [] for scheme in _CALLERS[auth]}],
        "tags": _tags(models),
        "paths": paths,
        "components": {
            "securitySchemes": {name: _SCHEMES[name] for name in _CALLERS[auth]}
            | openapi_control.security_schemes(),
            "parameters": _parameters(models),
            "schemas": _schemas(models),
            "responses": {name: problems.component(name) for name in sorted(used)},
        },
    }


def _tags(models: Sequence[DocumentedModel]) -> list[Part]:
    described: list[Part] = [
        {"name": model.spec.name, "description": model.spec.description} for model in models
    ]
    return [
        *described,
        {"name": openapi_models.TAG, "description": "What is deployed."},
        {
            "name": openapi_open_inference.TAG,
            "description": "Version 2, JSON: for clients that speak it already.",
        },
    ]


def _paths(models: Sequence[DocumentedModel]) -> dict[str, Part]:
    paths: dict[str, Part] = {}
    for model in models:
        paths |= openapi_native.paths(model) | openapi_mlflow.paths(model)
    return (
        paths
        | openapi_models.paths()
        | openapi_outcomes.paths()
        | openapi_control.paths()
        | openapi_approvals.paths()
        | openapi_histories.paths()
        | openapi_open_inference.paths(models)
    )


def _operations(paths: Mapping[str, Part]) -> Iterator[tuple[str, Part]]:
    """Every operation with its path."""
    for path, methods in paths.items():
        for operation in methods.values():
            yield path, cast("Part", operation)


def _errors(operation: Part) -> list[str]:
    """The names of the responses an operation shares with others."""
    responses = cast("dict[str, Part]", operation["responses"])
    pointers = [str(response["$ref"]) for response in responses.values() if "$ref" in response]
    return [pointer.rpartition("/")[2] for pointer in pointers]


def _allow_refused_tokens(paths: Mapping[str, Part]) -> None:
    """Say of every operation that a token can be refused."""
    for path, operation in _operations(paths):
        cast("Part", operation["responses"])["401"] = problems.refused_token(path)


def _schemas(models: Sequence[DocumentedModel]) -> Part:
    schemas: Part = {}
    for model in models:
        schemas |= openapi_native.schemas(model)
    return (
        schemas
        | openapi_native.shared_schemas()
        | openapi_models.schemas()
        | openapi_outcomes.schemas()
        | openapi_control.schemas()
        | openapi_approvals.schemas()
        | openapi_histories.schemas()
        | openapi_open_inference.schemas()
        | problems.schemas()
    )


def _parameters(models: Sequence[DocumentedModel]) -> Part:
    names = [model.spec.name for model in models]
    name: Part = (
        {"type": "string", "enum": names} if names else {"type": "string", "pattern": _NAME}
    )
    version = {"type": "string", "pattern": "^[1-9][0-9]*$"}
    return {
        "Model": parameter("model", "path", "The model.", name),
        "Version": parameter("version", "path", "The version in service.", version),
        "Registered": parameter("version", "path", "The number of a version.", version),
        **openapi_native.parameters(),
    }
