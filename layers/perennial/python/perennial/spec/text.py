"""Text in a spec: labels, categories and names of columns, whatever YAML takes them for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, StringConstraints


def _as_text(value: object) -> object:
    """A label as it stands in a CSV file: `true` for a truth value, digits for an integer."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


TEXT = BeforeValidator(_as_text, json_schema_input_type=str | int | bool)
Label = Annotated[str, TEXT, StringConstraints(min_length=1)]
ColumnName = Annotated[str, TEXT, StringConstraints(min_length=1, max_length=128)]
