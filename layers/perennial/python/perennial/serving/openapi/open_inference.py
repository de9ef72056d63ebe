"""The operations of the Open Inference Protocol V2: the same for every model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from perennial.serving.openapi import problems
from perennial.serving.openapi.parts import (
    JSON,
    TEXT,
    Part,
    answer,
    body,
    listed,
    reference,
    shape,
)
from perennial.serving.openapi.rows import DocumentedModel, example_row
from perennial.serving.protocols.open_inference_tensors import ACCEPTED, DATATYPES

TAG = "Open Inference Protocol"
_MODEL = "/v2/models/{model}"
_VERSION = _MODEL + "/versions/{version}"
_ERRORS = (406, 500, 503)
_INFER_ERRORS = (400, 404, 406, 409, 413, 415, 500, 503)
_PARAMETERS: Part = {"type": "object"}
_FREE = ("parameters",)


def schemas() -> dict[str, Part]:
    """What the protocol sends to and fro."""
    described = shape({"name": TEXT, "datatype": _datatype(), "shape": _shape(-1)})
    tensor: Part = {
        "name": TEXT,
        "shape": _shape(0),
        "datatype": _datatype(),
        "data": {"type": "array"},
    }
    request: Part = {
        "id": TEXT,
        "parameters": _PARAMETERS,
        "inputs": listed(_open({**tensor, "parameters": _PARAMETERS}, _FREE), minItems=1),
        "outputs": listed(_open({"name": TEXT, "parameters": _PARAMETERS}, _FREE)),
    }
    response = {
        "model_name": TEXT,
        "model_version": TEXT,
        "id": TEXT,
        "parameters": _PARAMETERS,
        "outputs": listed(shape({**tensor, "parameters": _PARAMETERS}, _FREE)),
    }
    metadata = {
        "name": TEXT,
        "versions": listed(TEXT),
        "platform": TEXT,
        "inputs": listed(described),
        "outputs": listed(described),
    }
    return {
        "InferRequest": _open(request, ["id", "parameters", "outputs"]),
        "InferResponse": shape(response, ["model_version", "id", "parameters"]),
        "ModelMetadata": shape(metadata, ["versions"]),
        "ModelReady": shape({"name": TEXT, "ready": {"type": "boolean"}}),
        "ServerMetadata": shape({"name": TEXT, "version": TEXT, "extensions": listed(TEXT)}),
    }


def paths(models: Sequence[DocumentedModel]) -> dict[str, Part]:
    """The operations, those on a version of a model too; with a request for each model."""
    examples = {
        model.spec.name: {"value": _example(model, row)}
        for model in models
        if (row := example_row(model)) is not None
    }
    yes: Part = {"type": "boolean"}
    live, ready = shape({"live": yes}), shape({"live": yes, "ready": yes})
    return {
        "/v2": _get("v2-server", "What this server is", reference("ServerMetadata")),
        "/v2/health/live": _get("v2-live", "Whether the server runs", live),
        "/v2/health/ready": _get("v2-ready", "Whether the server takes requests", ready),
        **_of_model(_MODEL, "v2-model", ["Model"], examples),
        **_of_model(_VERSION, "v2-version", ["Model", "Version"], examples),
    }


def _of_model(
    path: str, name: str, parameters: Sequence[str], examples: Mapping[str, object]
) -> dict[str, Part]:
    about = {"parameters": [reference(parameter, "parameters") for parameter in parameters]}
    asked = {"parameters": [*about["parameters"], reference("Entity", "parameters")]}
    errors = (404, 409, *_ERRORS)
    ready = reference("ModelReady")
    return {
        path: _get(name, "A model's tensors", reference("ModelMetadata"), errors, about),
        f"{path}/ready": _get(f"{name}-ready", "Whether it is ready", ready, errors, about),
        f"{path}/infer": _infer(f"{name}-infer", asked, examples),
    }


def _get(
    name: str,
    summary: str,
    schema: Part,
    errors: Sequence[int] = _ERRORS,
    about: Mapping[str, object] = MappingProxyType({}),
) -> Part:
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "tags": [TAG],
            **about,
            "responses": {"200": answer("As it is.", schema)}
            | problems.open_inference_responses(errors),
        }
    }


def _infer(name: str, about: Mapping[str, object], examples: Mapping[str, object]) -> Part:
    media: Part = {"schema": reference("InferRequest")}
    if examples:
        media["examples"] = dict(examples)
    told = "One tensor for each feature; docs/protocols.md says of what shape and datatype."
    return {
        "post": {
            "operationId": name,
            "summary": "Infer",
            "tags": [TAG],
            **about,
            "requestBody": body({JSON: media}, told),
            "responses": {"200": answer("One element for each row.", reference("InferResponse"))}
            | problems.open_inference_responses(_INFER_ERRORS, with_body=True),
        }
    }


def _example(model: DocumentedModel, row: Mapping[str, object]) -> Part:
    """One row as tensors: of each feature the datatype that the model's metadata names."""
    features = model.spec.features
    inputs = [
        {
            "name": name,
            "shape": [1, 1],
            "datatype": ACCEPTED[features[name].type.value][0],
            "data": [value],
        }
        for name, value in row.items()
    ]
    return {"inputs": inputs}


def _open(properties: Part, optional: Sequence[str]) -> Part:
    """An object that may have other members too: the protocol lets servers ignore them."""
    return {**shape(properties, optional), "additionalProperties": True}


def _datatype() -> Part:
    return {"type": "string", "enum": list(DATATYPES)}


def _shape(smallest: int) -> Part:
    return listed({"type": "integer", "minimum": smallest}, minItems=1, maxItems=3)
