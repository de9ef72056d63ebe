"""An OpenAPI document as a judge: whether an answer is one that it announces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs


class Documented:
    """Finds the operation of a request, and checks answers against what is said of it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Method, path and operation."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The operation that answers a request; paths without parameters go first."""
        found = [
            (path_.count("{"), operation)
            for method_, path_, operation in self.operations()
            if method_ == method
            and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path_)), path)
        ]
        assert found, f"{method} {path} is not in the document"
        return min(found, key=lambda one: one[0])[1]

    def problems(
        self, method: str, path: str, status: int, media_type: str, body: object
    ) -> list[str]:
        """What an answer has that the document does not say."""
        responses = self.operation(method, path)["responses"]
        if str(status) not in responses:
            return [f"status {status} is not documented"]
        content = self.resolved(responses[str(status)])["content"]
        if media_type not in content:
            return [f"{media_type} is not documented for {status}"]
        return self.misfits(content[media_type]["schema"], body)

    def misfits(self, schema: dict[str, Any], value: object) -> list[str]:
        """Where a value does not fit a schema of this document."""
        return [
            f"{error.instance_path}: {error.message}"
            for error in self.validator(schema).iter_errors(value)
        ]

    def validator(self, schema: dict[str, Any]) -> Any:
        """Of a schema that may point into the document."""
        whole = {**schema, "components": self.document["components"]}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)

    def resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        """What a part stands for."""
        if "$ref" not in part:
            return part
        found: Any = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return self.resolved(found)
