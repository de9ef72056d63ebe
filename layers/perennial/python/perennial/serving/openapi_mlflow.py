"""MLflow's scoring body for one model, with this model's rows in it."""

from __future__ import annotations

from perennial.serving import openapi_problems
from perennial.serving.openapi_parts import JSON, TEXT, Part, answer, body, listed, reference
from perennial.serving.openapi_rows import DocumentedModel, example_row

INVOCATIONS = "/v1/models/{model}/invocations"
_ERRORS = (400, 404, 406, 409, 413, 415, 422, 500, 503)


def paths(model: DocumentedModel) -> dict[str, Part]:
    """The one operation."""
    name = model.spec.name
    media: Part = {"schema": _request(model)}
    example = example_row(model)
    if example is not None:
        media["example"] = {"dataframe_records": [example]}
    content = {JSON: media, "text/csv": {"schema": {"type": "string"}}}
    operation = {
        "operationId": f"invocations-{name}",
        "summary": "Predict, in MLflow's form",
        "tags": [name],
        "requestBody": body(content, "One of the four ways in which MLflow sends a table."),
        "responses": {"200": answer("One prediction per row, in their order.", _response(model))}
        | openapi_problems.responses(_ERRORS, with_body=True),
    }
    return {INVOCATIONS.replace("{model}", name): {"post": operation}}


def _request(model: DocumentedModel) -> Part:
    features = list(model.spec.features)
    row = reference(f"{model.spec.name}.row")
    columns = listed({"enum": features}, uniqueItems=True, minItems=1)
    split: Part = {
        "type": "object",
        "properties": {
            "columns": columns,
            "index": {"type": "array"},
            "data": listed({"type": "array"}, minItems=1),
        },
        "required": ["columns", "data"],
    }
    by_column: Part = {
        "type": "object",
        "properties": {feature: {"type": "array"} for feature in features},
    }
    ways: Part = {
        "dataframe_records": listed(row, minItems=1),
        "dataframe_split": split,
        "instances": listed(row, minItems=1),
        "inputs": {"anyOf": [by_column, listed(row), listed({"type": "array"})]},
    }
    return {
        "type": "object",
        "properties": {**ways, "params": {"type": "object"}},
        "oneOf": [{"required": [way]} for way in ways],
        "additionalProperties": False,
    }


def _response(model: DocumentedModel) -> Part:
    regression = model.spec.task.value == "regression"
    prediction = {"type": "number"} if regression else TEXT
    return {
        "type": "object",
        "properties": {"predictions": listed(prediction)},
        "required": ["predictions"],
    }
