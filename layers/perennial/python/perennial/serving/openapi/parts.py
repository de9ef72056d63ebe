"""The small pieces OpenAPI documents are made of, so that each is spelled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Part = dict[str, object]

JSON = "application/json"
TEXT: Part = {"type": "string"}
COUNT: Part = {"type": "integer", "minimum": 0}


def reference(name: str, section: str = "schemas") -> Part:
    """A pointer to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def shape(properties: Mapping[str, object], optional: Sequence[str] = ()) -> Part:
    """An object that has these members and no others; all of them but the optional ones."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def listed(items: Mapping[str, object], **limits: int) -> Part:
    """An array of one kind of item."""
    return {"type": "array", "items": dict(items), **limits}


def answer(description: str, schema: Mapping[str, object], media_type: str = JSON) -> Part:
    """A response with a body."""
    return {"description": description, "content": {media_type: {"schema": dict(schema)}}}


def parameter(name: str, place: str, description: str, schema: Mapping[str, object]) -> Part:
    """A parameter; those of the path are required, others are not."""
    made: Part = {"name": name, "in": place, "description": description, "schema": dict(schema)}
    return made | ({"required": True} if place == "path" else {})


def body(content: Mapping[str, object], description: str) -> Part:
    """A request body, which must be there."""
    return {"description": description, "required": True, "content": dict(content)}
