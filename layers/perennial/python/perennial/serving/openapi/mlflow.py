"""MLflow's scoring body for one model, with this model's rows in it."""

from __future__ import annotations

from perennial.serving.openapi import problems
from perennial.serving.openapi.native import (
    DIGEST,
    label_schema,
    probabilities_schema,
    regression,
)
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
from perennial.serving.rows import MAX_ROWS

INVOCATIONS = "/v1/models/{model}/invocations"


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
        "parameters": [reference("Entity", "parameters")],
        "requestBody": body(content, "One of the four ways in which MLflow sends a table."),
        "responses": {"200": answer("One prediction per row, in their order.", _response(model))}
        | problems.responses(problems.SCORING, with_body=True),
    }
    return {INVOCATIONS.replace("{model}", name): {"post": operation}}


def _request(model: DocumentedModel) -> Part:
    features = list(model.spec.features)
    row = reference(f"{model.spec.name}.row")
    columns = listed({"enum": features}, uniqueItems=True)
    rows = listed({"type": "array"}, minItems=1, maxItems=MAX_ROWS)
    split = {"columns": columns, "index": {"type": "array"}, "data": rows}
    by_column: Part = {
        "type": "object",
        "properties": {feature: {} for feature in features},
        "minProperties": 1,
    }
    either = {"anyOf": [by_column, listed(row, minItems=1, maxItems=MAX_ROWS), rows]}
    ways: Part = {
        "dataframe_split": shape(split, ["columns", "index"]),
        "dataframe_records": listed(row, minItems=1, maxItems=MAX_ROWS),
        "inputs": either,
        "instances": either,
    }
    params = {} if regression(model) else {"probabilities": {"type": "boolean", "default": False}}
    return {
        "type": "object",
        "properties": {
            **ways,
            "params": {**shape(params, list(params)), "type": ["object", "null"]},
        },
        "oneOf": [{"required": [way]} for way in ways],
        "additionalProperties": False,
    }


def _response(model: DocumentedModel) -> Part:
    said = {
        "predictions": listed(_prediction(model), minItems=1, maxItems=MAX_ROWS),
        "model": {"const": model.spec.name},
        "version": {"type": "integer", "minimum": 1},
        "artifact_digest": DIGEST,
        "request_id": TEXT,
    }
    return shape(said)


def _prediction(model: DocumentedModel) -> Part:
    """A number, or a label; with `probabilities` those of every label instead."""
    if regression(model):
        return label_schema(model)
    return {"anyOf": [label_schema(model), probabilities_schema(model)]}
