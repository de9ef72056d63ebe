"""The API as an OpenAPI 3.1 document, made from the code's own tables and the deployed specs.

Each model has paths of its own, since each has rows of its own. Used by the manage function and
the command line; nothing on the way of a prediction imports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perennial.serving import (
    openapi_control,
    openapi_mlflow,
    openapi_models,
    openapi_native,
    openapi_open_inference,
    openapi_problems,
)
from perennial.serving.openapi_parts import Part, parameter, reference
from perennial.serving.openapi_rows import DocumentedModel

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
    return {
        "openapi": "3.1.0",
        "info": {"title": "Perennial", "version": VERSION, "description": _INTRODUCTION},
        "servers": [dict(server) for server in servers],
        "security": [{scheme: [] for scheme in _CALLERS[auth]}],
        "tags": _tags(models),
        "paths": _paths(models) if auth == "key" else _with_tokens(_paths(models)),
        "components": {
            "securitySchemes": {name: _SCHEMES[name] for name in _CALLERS[auth]}
            | openapi_control.security_schemes(),
            "parameters": _parameters(models),
            "schemas": _schemas(models),
            "responses": openapi_problems.components(),
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


def _paths(models: Sequence[DocumentedModel]) -> Part:
    paths: Part = {}
    for model in models:
        paths |= openapi_native.paths(model) | openapi_mlflow.paths(model)
    return paths | openapi_models.paths() | openapi_control.paths() | openapi_open_inference.paths()


def _with_tokens(paths: Part) -> Part:
    """The same operations where a token can be refused."""
    for path, methods in paths.items():
        form = "OpenInference" if path.startswith("/v2") else "Problem"
        for operation in methods.values():  # type: ignore[attr-defined]
            operation["responses"]["401"] = reference(f"{form}401", "responses")
    return paths


def _schemas(models: Sequence[DocumentedModel]) -> Part:
    schemas: Part = {}
    for model in models:
        schemas |= openapi_native.schemas(model)
    return (
        schemas
        | openapi_native.shared_schemas()
        | openapi_models.schemas()
        | openapi_control.schemas()
        | openapi_open_inference.schemas()
        | openapi_problems.schemas()
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
        **openapi_native.parameters(),
    }
