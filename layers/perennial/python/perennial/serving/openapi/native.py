"""The API's own operations on one model: predict and explain, with this model's rows in them."""

from __future__ import annotations

from perennial.serving.entities import HEADER, IN_HEADER, LONGEST, MEMBER
from perennial.serving.openapi import problems
from perennial.serving.openapi.parts import (
    JSON,
    TEXT,
    Part,
    answer,
    body,
    listed,
    parameter,
    reference,
    shape,
)
from perennial.serving.openapi.rows import DocumentedModel, example_row, row_schema
from perennial.serving.predict import EXPLAIN, PREDICT
from perennial.serving.rows import MAX_BODY, MAX_EXPLAINED, MAX_ROWS

DIGEST: Part = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
PARAMETERS = ("Explain", "Probabilities", "Entity")
_ALL_CLASSES = 1_000  # labels listed as members; beyond it they are only described


def schemas(model: DocumentedModel) -> dict[str, Part]:
    """What goes in and what comes out of one model."""
    name = model.spec.name
    prediction: Part = {
        "id": {"type": "string", "description": "Names this prediction, and no other ever."},
        "prediction": label_schema(model),
    }
    if not regression(model):
        prediction["probabilities"] = probabilities_schema(model)
    prediction["explanation"] = _explanation(model)
    prediction["version"] = {
        "type": "integer",
        "minimum": 1,
        "description": "Where several versions answered: the one that answered this row.",
    }
    optional = ["probabilities", "explanation", "version"]
    document = {
        "model": {"const": name},
        "version": {"type": "integer", "minimum": 1},
        "artifact_digest": DIGEST,
        "request_id": TEXT,
        "predictions": listed(
            shape(prediction, optional),
            minItems=1,
            maxItems=MAX_ROWS,
        ),
    }
    row = reference(f"{name}.row")
    return {
        f"{name}.row": row_schema(model),
        f"{name}.rows": _asked(row, MAX_ROWS),
        f"{name}.explained": _asked(row, MAX_EXPLAINED),
        f"{name}.predictions": shape(document),
    }


def _asked(row: Part, most: int) -> Part:
    entity: Part = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    entities: Part = {
        "description": "Whom or what the rows are about: one text for all of them, or a list with "
        "one for each. The same one is always answered by the same version.",
        "anyOf": [entity, listed(entity, minItems=1, maxItems=most)],
    }
    rows = listed(row, minItems=1, maxItems=most)
    return shape({"rows": rows, MEMBER: entities}, [MEMBER])


def shared_schemas() -> dict[str, Part]:
    """What the models have in common."""
    contribution = shape({"feature": TEXT, "contribution": {"type": "number"}})
    explanation = shape(
        {
            "base_value": {"type": "number", "description": "The margin without any feature."},
            "margin": {"type": "number", "description": "Base value and all contributions."},
            "contributions": listed(contribution),
        }
    )
    told = "Why: in log-odds for a class, in units of the target for a number."
    return {"Explanation": {"description": told, **explanation}}


def paths(model: DocumentedModel) -> dict[str, Part]:
    """The operations on one model."""
    name = model.spec.name
    return {
        PREDICT.replace("{model}", name): {"post": _predict(model)},
        EXPLAIN.replace("{model}", name): {"post": _explain(model)},
    }


def _predict(model: DocumentedModel) -> Part:
    return {
        "operationId": f"predict-{model.spec.name}",
        "summary": "Predict",
        "description": "Answers all rows or none: one bad row, and nothing is predicted.",
        **_about(model, "rows", MAX_ROWS),
        "parameters": [reference(name, "parameters") for name in PARAMETERS],
    }


def _explain(model: DocumentedModel) -> Part:
    return {
        "operationId": f"explain-{model.spec.name}",
        "summary": "Predict, and say why",
        "description": "As predict, with the contribution of every feature; 422 `no-explanation` "
        "where contributions cannot be told exactly.",
        **_about(model, "explained", MAX_EXPLAINED),
        "parameters": [reference(name, "parameters") for name in PARAMETERS],
    }


def parameters() -> dict[str, Part]:
    """What may stand in the query and in headers."""
    return {
        "Explain": parameter(
            "explain",
            "query",
            "For each prediction, the reasons: this many features, the largest contribution first. "
            f"At most {MAX_EXPLAINED} rows are answered then.",
            {"type": "integer", "minimum": 1, "maximum": 9999},
        ),
        "Probabilities": parameter(
            "probabilities",
            "query",
            "Whether the probability of every label is answered too.",
            {"type": "boolean", "default": True},
        ),
        "Entity": parameter(
            HEADER,
            "header",
            "Whom or what all rows are about. The same one is always answered by the same version.",
            {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": IN_HEADER},
        ),
    }


def _about(model: DocumentedModel, request: str, most: int) -> Part:
    name = model.spec.name
    media: Part = {"schema": reference(f"{name}.{request}")}
    example = example_row(model)
    if example is not None:
        media["example"] = {"rows": [example]}
    told = f"At most {most} rows and {MAX_BODY} bytes."
    answered = answer("One prediction per row, in their order.", reference(f"{name}.predictions"))
    return {
        "tags": [name],
        "requestBody": body({JSON: media}, told),
        "responses": {"200": answered} | problems.responses(problems.PREDICTING, with_body=True),
    }


def regression(model: DocumentedModel) -> bool:
    """Whether a model answers with numbers; the others answer with labels."""
    return model.spec.task.value == "regression"


def label_schema(model: DocumentedModel) -> Part:
    """What a prediction is: a number, a label, or one of the labels that are known."""
    if regression(model):
        return {"type": "number"}
    return {"type": "string", "enum": list(model.classes)} if model.classes else TEXT


def probabilities_schema(model: DocumentedModel) -> Part:
    """The probability of every label."""
    return _by_label(model, {"type": "number", "minimum": 0, "maximum": 1})


def _by_label(model: DocumentedModel, value: Part) -> Part:
    """An object with one member for each label."""
    if model.classes and len(model.classes) <= _ALL_CLASSES:
        return shape(dict.fromkeys(model.classes, value))
    return {"type": "object", "additionalProperties": value}


def _explanation(model: DocumentedModel) -> Part:
    if model.spec.task.value == "multiclass":
        return _by_label(model, reference("Explanation"))
    return reference("Explanation")
